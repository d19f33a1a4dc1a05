// A worker's steps over one connection: leases in, partial sums out, averages in, updates. Carries out what the loop's state decides.
// Leaves out the connection itself, the data (prefetcher) and the arithmetic (compute thread). What the replica holds outlives the loop.

import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Channel } from '../../shared/protocol/channel.js';
import type { FromCoordinator, FromWorker, Message } from '../../shared/protocol/messages.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { sharedFloats } from '../compute/protocol.js';
import type { LeasedBatch, PrepareBatch } from '../data/leased-batch.js';
import { createPrefetcher, type Prefetcher } from '../data/prefetcher.js';
import { advanceLoop, createLoopState, isCommitted, isStarved, nextTask, throwOnFarLease, type LoopConfig, type LoopEffect, type LoopEvent, type LoopState, type Order } from './loop-state.js';
import type { WorkerOptions } from './options.js';
import { PartialSums } from './partial-sums.js';
import { StateSharing } from './state-sharing.js';
import { StepClock } from './step-clock.js';

/** What a worker holds between connections. */
export interface Replica {
  /** Last step applied; undefined without a state. */
  step: number | undefined;
}

export interface StepLoopOptions extends LoopConfig, Pick<WorkerOptions, 'log' | 'onWorked'> {
  readonly channel: Channel<FromWorker>;
  readonly compute: ComputeClient;
  readonly replica: Replica;
  readonly prepare: PrepareBatch;
  readonly microbatches: number;
  /** Batches prepared ahead. */
  readonly prefetch: number;
}

export type LoopMessage = Exclude<FromCoordinator, { type: 'welcome' | 'drain' }>;

export interface StepLoop {
  /** Throws on what no coordinator sends. */
  handle(message: LoopMessage, payload: Float32Array): void;
  /** Resolves once the loop has ended; rejects with what the compute thread or the data could not do. */
  readonly done: Promise<void>;
  /** True while it waits for an average that it was promised. */
  readonly isStarved: boolean;
  /** True when the coordinator wants nothing more of this worker. */
  readonly isReleased: boolean;
  /** Finishes the microbatch in hand, sends what is there, and ends when the coordinator wants nothing more. */
  drain(): void;
  /** Ends as soon as the call in progress returns. */
  close(): void;
}

export function createStepLoop(options: StepLoopOptions): StepLoop {
  return new RunningLoop(options);
}

class RunningLoop implements StepLoop {
  readonly done: Promise<void>;
  readonly #options: StepLoopOptions;
  readonly #prefetcher: Prefetcher;
  readonly #sums: PartialSums;
  readonly #sharing: StateSharing;
  readonly #clock = new StepClock();
  /** Averages as they come, by step. */
  readonly #averages = new Map<number, Float32Array>();
  readonly #freeAverages: Float32Array[] = [];
  /** The state as it comes; whole once its load is in the orders. */
  #incoming: Float32Array | undefined;
  #state: LoopState;
  #wake: () => void = () => {};

  constructor(options: StepLoopOptions) {
    const { channel, replica } = options;
    this.#options = options;
    this.#state = createLoopState(options, replica.step);
    this.#prefetcher = createPrefetcher(options.prepare, options.prefetch, () => this.#wake());
    this.#sharing = new StateSharing(options);
    this.#sums = new PartialSums({
      ...options,
      send: (step, { level, index }, values) => channel.sendBulk((offset, total) => ({ type: 'partial', step, level, index, offset, total }), values),
    });
    this.done = this.#run().finally(() => {
      this.#take({ type: 'close' });
      this.#prefetcher.clear();
    });
  }

  get isStarved(): boolean { return isStarved(this.#state); }

  get isReleased(): boolean { return this.#state.isReleased; }

  drain(): void { this.#take({ type: 'drain' }); }

  close(): void { this.#take({ type: 'close' }); }

  handle(message: LoopMessage, payload: Float32Array): void {
    switch (message.type) {
      case 'lease':
        throwOnFarLease(this.#state, message.step);
        for (const lease of message.microbatches) this.#prefetcher.add(message.step, lease);
        break;
      case 'revoke':
        for (const microbatch of message.microbatches) this.#prefetcher.remove(message.step, microbatch);
        this.#flush();
        break;
      case 'state': this.#handleState(message, payload); break;
      case 'average': this.#handleAverage(message, payload); break;
      case 'begin': case 'commit': case 'forget': case 'release':
      case 'sendState': case 'sendDigest': this.#take(message); break;
      default: message satisfies never;
    }
    this.#wake();
  }

  #handleState({ transfer, offset, total }: Message<'state'>, values: Float32Array): void {
    const isKept = this.#take({ type: 'stateChunk', transfer, offset, total, length: values.length });
    if (isKept) (this.#incoming ??= sharedFloats(this.#options.stateLength)).set(values, offset);
  }

  #handleAverage({ step, offset, total }: Message<'average'>, values: Float32Array): void {
    if (!this.#take({ type: 'averageChunk', step, offset, total, length: values.length })) return;
    let average = this.#averages.get(step);
    if (!average) this.#averages.set(step, (average = this.#freeAverages.pop() ?? sharedFloats(this.#options.gradientLength)));
    average.set(values, offset);
  }

  /** Returns true when the chunk that came is to be kept. */
  #take(event: LoopEvent): boolean {
    const { state, effects } = advanceLoop(this.#state, event);
    this.#state = state;
    this.#options.replica.step = state.step;
    for (const effect of effects) this.#perform(effect);
    this.#wake();
    return effects.some(({ type }) => type === 'keepChunk');
  }

  #perform(effect: LoopEffect): void {
    switch (effect.type) {
      case 'startOver':
        this.#prefetcher.clear();
        // Not used again: an update may still be reading one.
        this.#averages.clear();
        this.#incoming = undefined;
        return this.#sums.startOver();
      case 'synced':
        this.#clock.takePhases();
        this.#clock.takeLap();
        return this.#options.channel.send({ type: 'synced', step: effect.step });
      case 'applied':
        this.#freeAverages.push(this.#averages.get(effect.step)!);
        this.#averages.delete(effect.step);
        return this.#sums.startOver();
      case 'keepChunk': return undefined;
      default: return effect satisfies never;
    }
  }

  async #run(): Promise<void> {
    for (;;) {
      const task = nextTask(this.#state);
      switch (task.type) {
        case 'end': return;
        case 'leave':
          this.#prefetcher.clear();
          this.#flush();
          if (task.isReleased) return;
          await this.#waitFor('exchangeMs'); break;
        case 'carryOut': await this.#carryOut(task.order); break;
        case 'compute': await this.#compute(task.step); break;
        case 'wait': await this.#waitFor('exchangeMs'); break;
        default: task satisfies never;
      }
    }
  }

  #waitFor(phase: 'exchangeMs' | 'dataWaitMs'): Promise<void> {
    return this.#clock.time(phase, new Promise<void>((resolve) => { this.#wake = resolve; }));
  }

  async #carryOut(order: Order): Promise<void> {
    this.#take({ type: 'taken' });
    switch (order.type) {
      case 'load': return this.#load(order.step, order.source);
      case 'commit': return this.#apply(order);
      case 'sendState': return this.#clock.time('exchangeMs', this.#sharing.send(order.id, this.#state.step!));
      case 'sendDigest': return this.#clock.time('exchangeMs', this.#sharing.sendDigest(order.id, this.#state.step!));
      default: return order satisfies never;
    }
  }

  async #load(step: number, source: 'seed' | 'transfer'): Promise<void> {
    const { beginning } = this.#state;
    await this.#options.compute.call('load', source === 'transfer' ? { state: this.#incoming! } : {});
    if (beginning !== this.#state.beginning) return;
    this.#incoming = undefined;
    this.#options.log.info({ step }, source === 'transfer' ? 'state loaded' : 'state made from the seed');
    this.#take({ type: 'loaded', step, beginning });
  }

  async #apply({ step, weights, digest: isDigestDue }: Message<'commit'>): Promise<void> {
    const { compute, channel } = this.#options;
    const { beginning, step: before } = this.#state;
    if (before !== step - 1) throw new PretextError('BAD_STATE', `Step ${step} was committed, but this replica is at step ${before}.`);
    this.#prefetcher.dropUpTo(step);
    await this.#clock.time('updateMs', compute.call('update', { step, gradientSum: this.#averages.get(step)!, weights }));
    this.#take({ type: 'applied', step, beginning });
    if (beginning !== this.#state.beginning) return;
    const digest = isDigestDue ? (await this.#clock.time('updateMs', compute.call('digest', { of: 'values' }))).result : undefined;
    this.#clock.takeLap();
    channel.send({ type: 'applied', step, phases: this.#clock.takePhases(), ...dropUndefined({ digest }) });
  }

  async #compute(step: number): Promise<void> {
    const microbatch = this.#prefetcher.next(step);
    const batch = microbatch === undefined ? undefined : this.#prefetcher.take(step, microbatch);
    if (batch) return this.#computeGradient(step, microbatch!, batch);
    await this.#waitFor(microbatch === undefined ? 'exchangeMs' : 'dataWaitMs');
    // What a worker waits that has nothing to compute, for hours where the run is paused, is not what a microbatch takes it.
    if (microbatch === undefined) this.#clock.takeLap();
  }

  async #computeGradient(step: number, microbatch: number, batch: LeasedBatch): Promise<void> {
    const { channel, compute } = this.#options;
    const { arrays, weights: sampleWeights, instances, unusable } = batch;
    const { beginning } = this.#state;
    const gradient = this.#sums.expect(microbatch);
    const { result } = await this.#clock.time('computeMs', compute.call('gradient', { input: { step, microbatch, arrays, weights: sampleWeights, instances }, gradient }));
    batch.release();
    if (this.#state.isClosed || beginning !== this.#state.beginning || isCommitted(this.#state, step)) return this.#sums.giveBack(gradient);
    if (!result.isFinite) return this.#reportNonFinite(step, microbatch, batch.samples);
    const { weights, terms, metrics } = result;
    channel.send({ type: 'computed', step, microbatch, weights, terms: { ...terms }, metrics: { ...metrics }, unusable: [...unusable], ms: this.#clock.takeLap() });
    this.#sums.add(microbatch, gradient);
    this.#flush();
    this.#options.onWorked?.();
  }

  /** Computes no more, but still hands over its state, which is whole: the coordinator saves it and ends the run. */
  #reportNonFinite(step: number, microbatch: number, samples: readonly string[]): void {
    this.#take({ type: 'halt' });
    const message = `The loss or gradient of step ${step}, microbatch ${microbatch} is not a finite number. Its samples: ${samples.join(', ')}.`;
    this.#options.channel.send({ type: 'failed', code: 'NON_FINITE', message: message.slice(0, 4000), step, microbatch, final: true });
  }

  /** Sends what no further gradient of this worker can be summed with. */
  #flush(): void {
    const { step } = this.#state;
    if (step !== undefined) this.#sums.flush(step + 1, (microbatch) => this.#prefetcher.has(step + 1, microbatch));
  }
}
