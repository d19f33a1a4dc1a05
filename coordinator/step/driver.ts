// The step in progress, from leases to the journal: carries out what the step machine decides, sums what workers send, commits.
// Leaves out who takes part and with which state (membership/), and what follows from a commit.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message, Weights } from '../../shared/protocol/messages.js';
import { leavesOf } from '../../shared/tensors/tree-sum.js';
import { committedStep, knownUnusable } from '../journal/entries.js';
import type { StageJournal } from '../journal/stage-journal.js';
import { advance, createMachine, type MachineEffect, type MachineEvent, type MachineState } from './machine.js';
import { isReceiving, type Peer } from '../replicas/peer.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import { digestOfStep } from '../plan/plan-digest.js';
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

export interface StepDriver {
  readonly committed: number;
  /** False while no worker is in step: then nothing is leased and what comes is ignored. */
  readonly isOpen: boolean;
  /** Opens the step after the committed one. */
  open(): void;
  /** Forgets the step in progress. */
  close(): void;
  /** From now on nothing more is committed. */
  halt(): void;
  /** Resolves when what was being committed is. */
  settled(): Promise<void>;
  /** Steps after `to` do not count any more. Only while closed. */
  rollBack(to: number, reason: string): Promise<void>;
  join(worker: string): void;
  leave(worker: string): void;
  markAlive(worker: string): void;
  tick(): void;
  /** Sends what is there already of the step's average. */
  catchUp(peer: Peer): void;
  /** Throws on what the protocol does not allow. */
  handleComputed(peer: Peer, message: Message<'computed'>): void;
  handlePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): void;
}

export function createStepDriver(options: StepDriverOptions): StepDriver {
  const { journal, log, microbatches, now, peers, plan } = options;
  const known = knownUnusable(journal.entries);
  const chunkLength = Math.max(1, Math.floor(options.chunkBytes / 4));
  const samplesPerMicrobatch = plan.samplesPerStep / microbatches;
  /** Buffers of earlier steps that nobody reads any more: fresh memory is the dearest part of a large sum. */
  const freeSums: Float32Array[] = [];
  let committed = committedStep(journal.entries);
  let machine: MachineState | undefined;
  let record: StepRecord | undefined;
  let committing: Promise<void> = Promise.resolve();
  let isHalted = false;

  function dispatch(event: MachineEvent): void {
    if (!machine) return;
    const { state, effects } = advance(machine, event, now());
    machine = state;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: MachineEffect): void {
    switch (effect.type) {
      case 'grant': return grant(effect);
      case 'revoke': return peerNamed(effect.worker)?.channel.send({ type: 'revoke', step: effect.step, microbatches: [...effect.microbatches] });
      case 'late': return log.warn({ worker: effect.worker, step: effect.step, microbatches: effect.microbatches }, 'worker is late: others compute its microbatches too');
      case 'commit':
        if (!isHalted) committing = commit(effect.step).catch(options.onError);
        return;
      case 'finished': return options.onFinished();
      default: return effect satisfies never;
    }
  }

  function peerNamed(id: string): Peer | undefined {
    return [...peers].find((peer) => peer.id === id);
  }

  function grant({ worker, step, microbatches: granted }: Extract<MachineEffect, { type: 'grant' }>): void {
    const leased = granted.map((index) => {
      const samples = plan.microbatch(step, index);
      return { index, samples: [...samples], excluded: excludedOf(step, index, samples.map(({ position }) => position)) };
    });
    peerNamed(worker)?.channel.send({ type: 'lease', step, microbatches: leased });
  }

  /** What an earlier result, or an earlier run of a step that was rolled back, says cannot be used. */
  function excludedOf(step: number, microbatch: number, positions: readonly number[]): number[] {
    const earlier = known.get(step)?.map(({ position }) => position) ?? [];
    const current = record?.step === step ? record.unusableOf(microbatch) : [];
    return positions.filter((position) => earlier.includes(position) || current.includes(position));
  }

  function openRecord(): void {
    for (const peer of peers) peer.computed.clear();
    const step = committed + 1;
    record = step > options.steps ? undefined : createStepRecord({
      step,
      microbatches,
      reducer: options.reducer,
      sum: freeSums.pop() ?? new Float32Array(options.gradientLength()),
      chunkLength,
      onReduced: (offset, length) => {
        for (const peer of peers) if (isReceiving(peer)) sendAverage(peer, record!, offset, length);
      },
    });
  }

  function sendAverage(peer: Peer, from: StepRecord, offset: number, length: number): void {
    void peer.channel.sendBulk((at, total) => ({ type: 'average', step: from.step, offset: at, total }), from.reducer.sum, { offset, length });
  }

  function handleComputed(peer: Peer, computed: Message<'computed'>): void {
    if (record?.step !== computed.step) return;
    if (peer.phase !== 'active' && peer.phase !== 'draining') throw new Error(`a result of step ${computed.step} came from a worker that is not in step`);
    if (computed.microbatch >= microbatches) throw new Error(`microbatch ${computed.microbatch} of ${microbatches}`);
    if (!record.addComputed(computed)) {
      log.warn({ worker: peer.id, step: computed.step, microbatch: computed.microbatch }, 'workers disagree on which samples can be used: the later one starts over');
      return peer.channel.close(CLOSE.restarting, 'another worker found other samples unusable');
    }
    peer.computed.add(computed.microbatch);
    dispatch({ type: 'progress', worker: peer.id, step: computed.step, microbatch: computed.microbatch, ms: computed.ms });
  }

  function handlePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): void {
    if (record?.step !== message.step) return;
    const { start, end } = leavesOf(message, microbatches);
    for (let leaf = start; leaf < end; leaf++) {
      if (!peer.computed.has(leaf)) throw new Error(`a partial sum of microbatch ${leaf} came before its counts`);
    }
    const { step } = record;
    for (const microbatch of record.addPartial(message, values)) {
      options.onSamples(peer, samplesPerMicrobatch);
      dispatch({ type: 'done', step, microbatch });
    }
    if (record?.step !== step || message.offset + values.length < message.total) return;
    const lost = Array.from({ length: end - start }, (_, i) => start + i).filter((leaf) => !record!.isWhole(leaf));
    if (lost.length > 0) dispatch({ type: 'returned', worker: peer.id, step, microbatches: lost });
  }

  async function commit(step: number): Promise<void> {
    const current = record!;
    const totals = current.totals();
    await journal.append({
      type: 'commit',
      step,
      first: plan.firstPosition(step),
      count: plan.samplesPerStep,
      samples: digestOfStep(plan, step, microbatches),
      weights: totals.weights,
      loss: totals.loss,
      terms: totals.terms,
      metrics: totals.metrics,
      gradient: totals.gradient,
      unusable: totals.unusable.map(({ position, path, code, reason }) =>
        // A step that is run again is told what to leave out; why was found out the first time.
        known.get(step)?.find((each) => each.position === position) ?? { position, path, code, reason }),
    });
    committed = step;
    // All workers may have gone while the disk worked: then whoever comes back decides whether this step counts.
    const isCurrent = machine !== undefined && record === current;
    if (isCurrent) {
      tellCommitted(step, totals.weights);
      void Promise.all([...peers].map((peer) => peer.channel.flushed())).then(() => freeSums.push(current.reducer.sum));
      openRecord();
    }
    options.onCommit(step, totals);
    if (isCurrent) dispatch({ type: 'journaled', step });
  }

  function tellCommitted(step: number, weights: Weights): void {
    const digest = options.digestEverySteps > 0 && step % options.digestEverySteps === 0;
    for (const peer of peers) if (isReceiving(peer)) peer.channel.send({ type: 'commit', step, weights, digest });
  }

  return {
    get committed() {
      return committed;
    },
    get isOpen() {
      return machine !== undefined;
    },
    open() {
      const { steps, lookaheadSteps } = options;
      machine = createMachine({ microbatches, steps, lookaheadSteps, partialMs: options.gradientLength() / VALUES_PER_MS }, committed);
      openRecord();
    },
    close() {
      machine = undefined;
      record = undefined;
    },
    halt() {
      isHalted = true;
    },
    settled: () => committing,
    async rollBack(to, reason) {
      await journal.append({ type: 'rollback', to, reason });
      committed = to;
    },
    join: (worker) => dispatch({ type: 'join', worker }),
    leave: (worker) => dispatch({ type: 'leave', worker }),
    markAlive: (worker) => dispatch({ type: 'alive', worker }),
    tick: () => dispatch({ type: 'tick' }),
    catchUp(peer) {
      if (!record) return;
      for (const { offset, length } of record.reducer.reduced) sendAverage(peer, record, offset, length);
    },
    handleComputed,
    handlePartial,
  };
}
