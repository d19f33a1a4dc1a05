// The step in progress, from leases to the journal: carries out what the step machine decides, sums what workers send, commits.
// Leaves out who takes part and with which state (replicas/), and what follows from a commit.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { FromCoordinator, Message, Weights } from '../../shared/protocol/messages.js';
import { leavesOf } from '../../shared/tensors/tree-sum.js';
import { committedStep, knownUnusable } from '../journal/entries.js';
import type { StageJournal } from '../journal/stage-journal.js';
import { advance, createMachine, type MachineEffect, type MachineEvent, type MachineState } from './machine.js';
import { isReceiving, type Peer } from '../replicas/peer.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import { describeCommit, describeLease, type StepFacts } from './messages.js';
import type { ReducerName } from './reducers/index.js';
import { createStepRecord, type StepRecord, type StepTotals } from './record.js';

/** Values of a partial sum that reach the coordinator in a millisecond, over one gigabit a second. It weighs bytes against time, no more. */
const VALUES_PER_MS = 125_000 / 4;

export interface StepDriverOptions {
  readonly steps: number;
  readonly microbatches: number;
  readonly lookaheadSteps: number;
  readonly chunkBytes: number;
  readonly reducer: ReducerName;
  readonly digestEverySteps: number;
  readonly plan: EpochPlan;
  readonly journal: StageJournal;
  readonly peers: ReadonlySet<Peer>;
  /** Elements of the flat gradient; asked once a step is open. */
  readonly gradientLength: () => number;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The step is in the journal, and whoever is in step has been told. */
  onCommit(step: number, totals: StepTotals): void;
  /** The worker's part of so many samples is in the sum. */
  onSamples(peer: Peer, numSamples: number): void;
  /** The last step is committed; said again at every event until the driver closes. */
  onFinished(): void;
  /** The journal could not be written. */
  onError(error: unknown): void;
}

export class StepDriver {
  readonly #options: StepDriverOptions;
  readonly #facts: StepFacts;
  /** Buffers of earlier steps that nobody reads any more: fresh memory is the dearest part of a large sum. */
  readonly #freeSums: Float32Array[] = [];
  #committed: number;
  #machine: MachineState | undefined;
  #record: StepRecord | undefined;
  #committing: Promise<void> = Promise.resolve();
  #isHalted = false;

  constructor(options: StepDriverOptions) {
    const { journal, plan, microbatches } = options;
    this.#options = options;
    this.#facts = { plan, microbatches, known: knownUnusable(journal.entries) };
    this.#committed = committedStep(journal.entries);
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
    this.#machine = createMachine({ microbatches, steps, lookaheadSteps, partialMs: gradientLength() / VALUES_PER_MS }, this.#committed);
    this.#openRecord();
  }

  /** Forgets the step in progress. */
  close(): void {
    this.#machine = undefined;
    this.#record = undefined;
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
  async rollBack(to: number, reason: string): Promise<void> {
    await this.#options.journal.append({ type: 'rollback', to, reason });
    this.#committed = to;
  }

  join(worker: string): void {
    this.#dispatch({ type: 'join', worker });
  }

  leave(worker: string): void {
    this.#dispatch({ type: 'leave', worker });
  }

  markAlive(worker: string): void {
    this.#dispatch({ type: 'alive', worker });
  }

  tick(): void {
    this.#dispatch({ type: 'tick' });
  }

  /** Sends what is there already of the step's average. */
  catchUp(peer: Peer): void {
    const record = this.#record;
    if (record) for (const { offset, length } of record.reducer.reduced) sendAverage(peer, record, offset, length);
  }

  /** Throws on what the protocol does not allow. */
  handleComputed(peer: Peer, computed: Message<'computed'>): void {
    const { log, microbatches } = this.#options;
    const { step, microbatch, ms } = computed;
    if (this.#record?.step !== step) return;
    if (peer.phase !== 'active' && peer.phase !== 'draining') throw new Error(`a result of step ${step} came from a worker that is not in step`);
    if (microbatch >= microbatches) throw new Error(`microbatch ${microbatch} of ${microbatches}`);
    if (!this.#record.addComputed(computed)) {
      log.warn({ worker: peer.id, step, microbatch }, 'workers disagree on which samples can be used: the later one starts over');
      return peer.channel.close(CLOSE.restarting, 'another worker found other samples unusable');
    }
    peer.computed.add(microbatch);
    this.#dispatch({ type: 'progress', worker: peer.id, step, microbatch, ms });
  }

  /** Throws on what the protocol does not allow. */
  handlePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): void {
    const { microbatches, plan, onSamples } = this.#options;
    const record = this.#record;
    if (record?.step !== message.step) return;
    const { step } = record;
    const { start, end } = leavesOf(message, microbatches);
    const leaves = Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
    const early = leaves.find((leaf) => !peer.computed.has(leaf));
    if (early !== undefined) throw new Error(`a partial sum of microbatch ${early} came before its counts`);
    for (const microbatch of record.addPartial(message, values)) {
      onSamples(peer, plan.samplesPerStep / microbatches);
      this.#dispatch({ type: 'done', step, microbatch });
    }
    if (this.#record !== record || message.offset + values.length < message.total) return;
    const lost = leaves.filter((leaf) => !record.isWhole(leaf));
    if (lost.length > 0) this.#dispatch({ type: 'returned', worker: peer.id, step, microbatches: lost });
  }

  #dispatch(event: MachineEvent): void {
    if (!this.#machine) return;
    const { state, effects } = advance(this.#machine, event, this.#options.now());
    this.#machine = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: MachineEffect): void {
    const { log, onError, onFinished } = this.#options;
    switch (effect.type) {
      case 'grant': return this.#send(effect.worker, describeLease(this.#facts, effect, this.#record));
      case 'revoke': return this.#send(effect.worker, { type: 'revoke', step: effect.step, microbatches: [...effect.microbatches] });
      case 'late': return log.warn({ worker: effect.worker, step: effect.step, microbatches: effect.microbatches }, 'worker is late: others compute its microbatches too');
      case 'commit':
        if (!this.#isHalted) this.#committing = this.#commit(effect.step).catch(onError);
        return;
      case 'finished': return onFinished();
      default: return effect satisfies never;
    }
  }

  #send(worker: string, message: FromCoordinator): void {
    [...this.#options.peers].find(({ id }) => id === worker)?.channel.send(message);
  }

  #openRecord(): void {
    const { peers, steps, microbatches, reducer, chunkBytes, gradientLength } = this.#options;
    for (const peer of peers) peer.computed.clear();
    const step = this.#committed + 1;
    if (step > steps) {
      this.#record = undefined;
      return;
    }
    const record = createStepRecord({
      step, microbatches, reducer,
      sum: this.#freeSums.pop() ?? new Float32Array(gradientLength()),
      chunkLength: Math.max(1, Math.floor(chunkBytes / 4)),
      onReduced: (offset, length) => {
        for (const peer of peers) if (isReceiving(peer)) sendAverage(peer, record, offset, length);
      },
    });
    this.#record = record;
  }

  async #commit(step: number): Promise<void> {
    const { journal, peers, onCommit } = this.#options;
    const record = this.#record!;
    const totals = record.totals();
    await journal.append(describeCommit(this.#facts, step, totals));
    this.#committed = step;
    // All workers may have gone while the disk worked: then whoever comes back decides whether this step counts.
    const isCurrent = this.#machine !== undefined && this.#record === record;
    if (isCurrent) {
      this.#tellCommitted(step, totals.weights);
      void Promise.all([...peers].map((peer) => peer.channel.flushed())).then(() => this.#freeSums.push(record.reducer.sum));
      this.#openRecord();
    }
    onCommit(step, totals);
    if (isCurrent) this.#dispatch({ type: 'journaled', step });
  }

  #tellCommitted(step: number, weights: Weights): void {
    const { peers, digestEverySteps } = this.#options;
    const digest = digestEverySteps > 0 && step % digestEverySteps === 0;
    for (const peer of peers) if (isReceiving(peer)) peer.channel.send({ type: 'commit', step, weights, digest });
  }
}

function sendAverage({ channel }: Peer, { step, reducer }: StepRecord, offset: number, length: number): void {
  void channel.sendBulk((at, total) => ({ type: 'average', step, offset: at, total }), reducer.sum, { offset, length });
}
