// What is known of the step in progress: the results that came, their counts, and the sum as it grows.

import type { Message, Unusable, WeightedSum, Weights } from '../../shared/protocol/messages.js';
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
  addComputed(computed: Computed): boolean;
  /** Positions of a microbatch that are known to be unusable. */
  unusableOf(microbatch: number): readonly number[];
  /** Takes a chunk of a partial sum; returns the microbatches whose result is whole with it. */
  addPartial(message: Message<'partial'>, values: Float32Array): number[];
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

export function createStepRecord(options: StepRecordOptions): StepRecord {
  const { step, microbatches } = options;
  const results: (Computed | undefined)[] = Array.from({ length: microbatches }, () => undefined);
  const hash = createGridHash(options.sum);
  const reducer = reducers[options.reducer]({
    ...options,
    onReduced(offset, length) {
      options.onReduced(offset, length);
      hash.add(offset, length);
    },
  });

  function totals(): StepTotals {
    const all = results as Computed[];
    const weights: Record<string, number> = {};
    for (const result of all) {
      for (const [name, weight] of Object.entries(result.weights)) weights[name] = (weights[name] ?? 0) + weight;
    }
    const terms = meansOf(all.map((result) => result.terms));
    return {
      weights,
      loss: sumOf(Object.values(terms)),
      terms,
      metrics: meansOf(all.map((result) => result.metrics)),
      unusable: all.flatMap((result) => result.unusable),
      gradient: hash.digest(),
    };
  }

  return {
    step,
    reducer,
    addComputed(computed) {
      const first = (results[computed.microbatch] ??= computed);
      return positionsOf(first.unusable) === positionsOf(computed.unusable);
    },
    unusableOf: (microbatch) => results[microbatch]?.unusable.map(({ position }) => position) ?? [],
    addPartial: ({ level, index, offset }, values) => reducer.add({ level, index }, offset, values),
    isWhole: (microbatch) => reducer.isCovered(microbatch),
    totals,
  };
}
