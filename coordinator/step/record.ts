// What is known of the step in progress: the results that came, their counts, and the sum as it grows.

import type { Message, Unusable, WeightedSum, Weights } from '../../shared/protocol/messages.js';
import { leavesOf } from '../../shared/tensors/tree-sum.js';
import { reducers, type ReducerName, type StepReducer } from './reducers/index.js';
import { createGridHash } from './grid-hash.js';

export type Computed = Message<'computed'>;

export interface StepTotals {
  /** By player, and of `samples`: what the sums are divided by. */
  readonly weights: Weights;
  /** Sum of the terms' means; null when nothing had a weight. */
  readonly loss: number | null;
  /** Means; a name that had no weight is missing. */
  readonly terms: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly unusable: readonly Unusable[];
  /** Hash of the summed gradient on the grid. */
  readonly gradient: string;
}

export interface StepRecord {
  readonly step: number;
  readonly reducer: StepReducer;
  /** False when it contradicts the first result of its microbatch: the sender must not contribute to it. */
  addComputed(computed: Computed, worker: string): boolean;
  /** True when the worker has sent counts of the microbatch. */
  isCounted(microbatch: number, worker: string): boolean;
  /** Drops the counts that a worker sent of microbatches of which nothing is in the sum: they were its word alone. */
  forget(worker: string): void;
  /** Positions of a microbatch that are known to be unusable. */
  unusableOf(microbatch: number): readonly number[];
  /** Takes a chunk of a partial sum; returns the microbatches whose result is whole with it, or undefined where it is dropped. */
  addPartial(message: Message<'partial'>, values: Float32Array, worker: string): number[] | undefined;
  /** The counts that go with what is in the sum of a microbatch, which must be counted. */
  countsOf(microbatch: number): Computed;
  /** True when every chunk of the microbatch's gradient is in the sum. */
  isWhole(microbatch: number): boolean;
  /** Totals in microbatch order, once. Every microbatch must be whole. */
  totals(): StepTotals;
}

export interface StepRecordOptions {
  readonly step: number;
  readonly microbatches: number;
  readonly reducer: ReducerName;
  /** Taken over until the record is done with. */
  readonly sum: Float32Array;
  readonly chunkLength: number;
  readonly onReduced: (offset: number, length: number) => void;
}

/** Sums over weights by name, in the order given. */
function meansOf(parts: readonly Readonly<Record<string, WeightedSum>>[]): Record<string, number> {
  const totals = new Map<string, WeightedSum>();
  for (const [name, { sum, weight }] of parts.flatMap((part) => Object.entries(part))) {
    const { sum: before, weight: weightBefore } = totals.get(name) ?? { sum: 0, weight: 0 };
    totals.set(name, { sum: before + sum, weight: weightBefore + weight });
  }
  return Object.fromEntries([...totals].flatMap(([name, { sum, weight }]) => (weight > 0 ? [[name, sum / weight]] : [])));
}

/** Null for none at all. */
function sumOf(means: readonly number[]): number | null {
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0);
}

function positionsOf(unusable: readonly Unusable[]): string {
  return unusable.map(({ position }) => position).join();
}

/** Of the counts of every microbatch, in their order. */
function totalsOf(all: readonly Computed[], gradient: string): StepTotals {
  const weights = new Map<string, number>();
  for (const result of all) {
    for (const [name, weight] of Object.entries(result.weights)) weights.set(name, (weights.get(name) ?? 0) + weight);
  }
  const terms = meansOf(all.map((result) => result.terms));
  return {
    weights: Object.fromEntries(weights),
    loss: sumOf(Object.values(terms)),
    terms,
    metrics: meansOf(all.map((result) => result.metrics)),
    unusable: all.flatMap((result) => result.unusable),
    gradient,
  };
}

export function createStepRecord(options: StepRecordOptions): StepRecord {
  const { step, microbatches } = options;
  /** By worker, in the order in which they came. */
  const results = Array.from({ length: microbatches }, () => new Map<string, Computed>());
  /** Whose gradient of a microbatch is in the sum: its counts are those that go with it. */
  const contributors: (string | undefined)[] = Array.from({ length: microbatches }, () => undefined);
  const findCounts = (microbatch: number): Computed | undefined => {
    const ofMicrobatch = results[microbatch]!;
    return ofMicrobatch.get(contributors[microbatch] ?? '') ?? ofMicrobatch.values().next().value;
  };
  const hash = createGridHash(options.sum);
  const reducer = reducers[options.reducer]({
    ...options,
    onReduced(offset, length) {
      options.onReduced(offset, length);
      hash.add(offset, length);
    },
  });

  return {
    step,
    reducer,
    addComputed(computed, worker) {
      const first = findCounts(computed.microbatch) ?? computed;
      if (positionsOf(first.unusable) !== positionsOf(computed.unusable)) return false;
      results[computed.microbatch]!.set(worker, computed);
      return true;
    },
    isCounted: (microbatch, worker) => results[microbatch]!.has(worker),
    forget(worker) {
      for (const [microbatch, ofMicrobatch] of results.entries()) if (!reducer.isTouched(microbatch)) ofMicrobatch.delete(worker);
    },
    unusableOf: (microbatch) => findCounts(microbatch)?.unusable.map(({ position }) => position) ?? [],
    addPartial({ level, index, offset }, values, worker) {
      const complete = reducer.add({ level, index }, offset, values);
      const { start, end } = leavesOf({ level, index }, microbatches);
      for (let leaf = start; leaf < end; leaf++) if (reducer.isTouched(leaf)) contributors[leaf] ??= worker;
      return complete;
    },
    countsOf: (microbatch) => findCounts(microbatch)!,
    isWhole: (microbatch) => reducer.isCovered(microbatch),
    totals: () => totalsOf(results.map((_, microbatch) => findCounts(microbatch)!), hash.digest()),
  };
}
