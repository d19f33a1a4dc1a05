// The step in progress, from leases to the journal: carries out what the step machine decides, sums what workers send, commits.
// Leaves out who takes part and with which state (replicas/), and what follows from a commit.

import { randomInt } from 'node:crypto';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message } from '../../shared/protocol/messages.js';
import { isAllFinite } from '../../shared/tensors/all-finite.js';
import { listLeaves } from '../../shared/tensors/tree-sum.js';
import { committedStep, knownUnusable, type StageEntry } from '../journal/entries.js';
import { lateAfterMs } from './assign.js';
import { Audits } from './audit/audits.js';
import type { Findings } from './audit/step-audit.js';
import { advance, createMachine, type MachineEffect, type MachineEvent, type MachineState } from './machine.js';
import type { Peer } from '../replicas/peer.js';
import { isDigestDue } from '../replicas/replica-check.js';
import type { StepDriverOptions } from './driver-options.js';
import { checkComputed } from './check-computed.js';
import { Leases } from './leases.js';
import { describeCommit, type StepFacts } from './messages.js';
import { openRecord } from './open-record.js';
import type { StepRecord } from './record.js';
import { createWorkRights, rightsOf } from './rights.js';
import { describeHoldup } from './holdup.js';
import { isAtRest } from './state.js';
import { sendAverage, tellCommitted } from './tell.js';

/** Values of a partial sum that reach the coordinator in a millisecond, over one gigabit a second. It weighs bytes against time, no more. */
const VALUES_PER_MS = 125_000 / 4;

export class StepDriver {
  readonly #options: StepDriverOptions;
  readonly #facts: StepFacts;
  /** Buffers of earlier steps that nobody reads any more: fresh memory is the dearest part of a large sum. */
  readonly #freeSums: Float32Array[] = [];
  readonly #leases: Leases;
  readonly #audits: Audits;
  #committed: number;
  #machine: MachineState | undefined;
  #record: StepRecord | undefined;
  #committing: Promise<void> = Promise.resolve();
  #isHalted = false;
  #isPaused = false;
  #movedMs: number;

  constructor(options: StepDriverOptions) {
    const { journal, plan, microbatches } = options;
    this.#options = options;
    this.#facts = { plan, microbatches, known: knownUnusable(journal.entries) };
    this.#committed = committedStep(journal.entries);
    this.#movedMs = options.now();
    this.#leases = new Leases(options.peers, this.#facts);
    this.#audits = new Audits(options, {
      draw: () => randomInt(2 ** 32) / 2 ** 32,
      lateAfterMs: (worker) => (this.#machine ? lateAfterMs(this.#machine, worker) : 0),
      ask: (holding) => this.#leases.grantAgain(holding),
    });
  }

  get committed(): number {
    return this.#committed;
  }

  /** False while no worker is in step: then nothing is leased and what comes is ignored. */
  get isOpen(): boolean {
    return this.#machine !== undefined;
  }

  /** Opens the step after the committed one. */
  open(): void {
    const { steps, microbatches, lookaheadSteps, gradientLength } = this.#options;
    this.#machine = createMachine({ microbatches, steps, lookaheadSteps, partialMs: gradientLength / VALUES_PER_MS }, this.#committed);
    this.#openRecord();
    if (this.#isPaused) this.#dispatch({ type: 'pause' });
  }

  /** Forgets the step in progress. */
  close(): void {
    this.#machine = undefined;
    this.#record = undefined;
    this.#audits.close();
  }

  /** Paused, no step begins; the one in hand is finished. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#dispatch({ type: isPaused ? 'pause' : 'continue' });
  }

  /** Paused, and nothing is in hand. */
  get isAtRest(): boolean {
    return this.#isPaused && (this.#machine === undefined || isAtRest(this.#machine));
  }

  /** From now on nothing more is committed. */
  halt(): void {
    this.#isHalted = true;
  }

  /** Resolves when what was being committed is. */
  settled(): Promise<void> {
    return this.#committing;
  }

  /** Steps after `to` do not count any more. Only while closed. */
  async rollBack(rollback: Omit<Extract<StageEntry, { type: 'rollback' }>, 'type'>): Promise<void> {
    await this.#options.journal.append({ type: 'rollback', ...rollback });
    this.#committed = rollback.to;
  }

  join(peer: Peer): void {
    peer.rights = createWorkRights(this.#options);
    this.#dispatch({ type: 'join', worker: peer.id });
  }

  leave(worker: string): void {
    this.#dispatch({ type: 'leave', worker });
    this.#audits.leave(worker);
  }

  /** The worker is gone: what it said of microbatches of which nothing is in the sum does not stand. */
  forget(worker: string): void {
    this.#record?.forget(worker);
  }

  markAlive(worker: string): void {
    this.#dispatch({ type: 'alive', worker });
  }

  tick(): void {
    this.#dispatch({ type: 'tick' });
    this.#audits.advance();
  }

  /** Sends what is there already of the step's average. */
  catchUp(peer: Peer): void {
    const record = this.#record;
    if (record) for (const { offset, length } of record.reducer.reduced) sendAverage(peer, record, offset, length);
  }

  /** Throws on what the worker may not send. */
  handleComputed(peer: Peer, computed: Message<'computed'>): void {
    const { log, plan, players, names } = this.#options;
    const { step, microbatch, ms } = computed;
    rightsOf(peer).useLease(step, microbatch);
    const record = this.#record;
    // Of a step that is over, or that everybody has left, nothing is kept.
    if (!record || step < record.step) return;
    if (step > record.step) throw new Error(`a result of step ${step} came in step ${record.step}`);
    checkComputed(computed, { samples: plan.microbatch(step, microbatch), players, names });
    if (this.#audits.takeComputed(peer, computed)) return this.#markMoved();
    if (!record.addComputed(computed, peer.id)) {
      log.warn({ worker: peer.id, step, microbatch }, 'workers disagree on which samples can be used: the later one starts over');
      return peer.channel.close(CLOSE.restarting, 'another worker found other samples unusable');
    }
    this.#dispatch({ type: 'progress', worker: peer.id, step, microbatch, ms });
  }

  /** Throws on what the worker may not send. */
  handlePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): void {
    const { microbatches, plan, onOverflow, onSamples } = this.#options;
    rightsOf(peer).takeChunk(message, values.length);
    const record = this.#record;
    if (record?.step !== message.step) return;
    const { step } = record;
    if (this.#audits.takePartial(peer, message, values)) return this.#markMoved();
    const leaves = listLeaves(message, microbatches);
    // Counted before everybody had left the step: it has begun anew since.
    if (!leaves.every((leaf) => record.isCounted(leaf, peer.id))) return;
    if (!isAllFinite(values)) return onOverflow(peer, step);
    for (const microbatch of this.#audits.addPartial(record, peer, message, values)) {
      onSamples(peer, plan.samplesPerStep / microbatches);
      this.#dispatch({ type: 'done', step, microbatch });
    }
    if (this.#record !== record || message.offset + values.length < message.total) return;
    const lost = leaves.filter((leaf) => !record.isWhole(leaf));
    if (lost.length > 0) this.#dispatch({ type: 'returned', worker: peer.id, step, microbatches: lost });
  }

  /** Measured time of a worker's microbatch. */
  microbatchMsOf(worker: string): number | undefined {
    return this.#machine?.workers.get(worker)?.msPerMicrobatch;
  }

  /** What the step in progress waits for, if nothing has come of it for so long. */
  describeHoldup(patienceMs: number): string | undefined {
    const nowMs = this.#options.now();
    if (!this.#machine || this.isAtRest || nowMs - this.#movedMs <= patienceMs) return undefined;
    return this.#audits.describeHoldup() ?? describeHoldup(this.#machine, nowMs);
  }

  #markMoved(): void {
    this.#movedMs = this.#options.now();
  }

  #dispatch(event: MachineEvent): void {
    if (!this.#machine) return;
    if (event.type !== 'tick' && event.type !== 'alive') this.#markMoved();
    const { state, effects } = advance(this.#machine, event, this.#options.now());
    this.#machine = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: MachineEffect): void {
    const { log, onFinished } = this.#options;
    switch (effect.type) {
      case 'grant': return this.#leases.grant(effect, this.#record);
      case 'revoke': return this.#leases.revoke(effect);
      case 'late': return log.warn({ worker: effect.worker, step: effect.step, microbatches: effect.microbatches }, 'worker is late: others compute its microbatches too');
      case 'commit': return this.#isHalted ? undefined : this.#audits.run(this.#record!, (findings) => this.#conclude(effect.step, findings));
      case 'finished': return onFinished();
      default: return effect satisfies never;
    }
  }

  #conclude(step: number, findings: Findings | undefined): void {
    const { onAudited, onError } = this.#options;
    const isRight = !findings || onAudited(step, findings);
    if (isRight && this.#machine && !this.#isHalted) this.#committing = this.#commit(step).catch(onError);
  }

  #openRecord(): void {
    const { steps, gradientLength } = this.#options;
    const step = this.#committed + 1;
    this.#record = step > steps ? undefined : openRecord(this.#options, step, this.#freeSums.pop() ?? new Float32Array(gradientLength));
    if (this.#record) this.#audits.open(step);
  }

  async #commit(step: number): Promise<void> {
    const { journal, peers, digestEverySteps, onCommit } = this.#options;
    const record = this.#record!;
    const totals = record.totals();
    await journal.append(describeCommit(this.#facts, step, totals));
    this.#committed = step;
    // All workers may have gone while the disk worked: then whoever comes back decides whether this step counts.
    const isCurrent = this.#machine !== undefined && this.#record === record;
    if (isCurrent) {
      tellCommitted(peers, { step, weights: totals.weights, digest: isDigestDue(step, digestEverySteps) });
      void Promise.all([...peers].map((peer) => peer.channel.flushed())).then(() => this.#freeSums.push(record.reducer.sum));
      this.#openRecord();
    }
    onCommit(step, totals);
    if (isCurrent) this.#dispatch({ type: 'journaled', step });
  }
}
