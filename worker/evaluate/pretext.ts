// How well the pretext task itself is solved on items that were not trained on. It tells whether something was learnt and whether
// the task is too easy; it does not rank trunks of different tasks.

import * as tf from '@tensorflow/tfjs-core';
import type { Mean, MetricInfo, Solved } from '../../shared/learning.js';
import { createRandom } from '../../shared/random/random.js';
import { createArrays } from '../augment/arrays.js';
import { fillSlot, type DrawnArrays } from '../augment/prepare-samples.js';
import { toBatch } from '../compute/batch.js';
import type { TrainerParts } from '../compute/build-parts.js';
import { createNet } from '../compute/net.js';
import type { Media } from '../decode/media.js';
import { drawPlainly } from '../tasks/plain-puzzle.js';
import { nameValues } from './features.js';

export interface PretextOptions {
  /** One where a task has a plain puzzle of an item. */
  readonly puzzlesPerItem: number;
  readonly seed: number;
}

/** Mean over the puzzles, and its error as if they were independent: deviation / sqrt(puzzles), or more where some count more than others. */
export interface MetricScore extends MetricInfo, Mean {}

export interface PretextScore extends Solved {
  readonly metrics: Readonly<Record<string, MetricScore>>;
}

export interface PretextMeter {
  /** Draws the item's puzzles; solves them when a microbatch of them is there. */
  add(media: Media): Promise<void>;
  /** Solves what is left. */
  score(): Promise<PretextScore>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Microbatches that fill at the same time. */
const MOST_WAITING = 8;

/** A microbatch that fills. */
interface Waiting extends DrawnArrays {
  numWaiting: number;
}

interface Sums {
  weight: number;
  sum: number;
  /** Of weights squared; of those times values; of those times values squared. */
  readonly squares: [number, number, number];
}

/** A trunk with its head, frozen. `values` are those of the state, [valuesLength]; copied. Dispose it. */
export function createPretextMeter(parts: TrainerParts, values: Float32Array, { puzzlesPerItem, seed }: PretextOptions): PretextMeter {
  const { objective, sizes } = parts;
  const puzzle = drawPlainly(parts.puzzle);
  const numEach = puzzle.drawPlain ? 1 : puzzlesPerItem;
  const named = nameValues(parts.layout, values);
  const sums = new Map<string, Sums>(Object.keys(puzzle.metrics).map((name) => [name, { weight: 0, sum: 0, squares: [0, 0, 0] }]));
  // The puzzles of one item lie in different microbatches, for tasks that compare samples of a microbatch.
  const waiting = Array.from({ length: Math.min(numEach, MOST_WAITING) }, (): Waiting => ({ ...createArrays(puzzle, sizes.microbatchSize), numWaiting: 0 }));
  let numPuzzles = 0;

  async function add(media: Media): Promise<void> {
    for (let epoch = 0; epoch < numEach; epoch++) {
      const batch = waiting[epoch % waiting.length]!;
      const random = createRandom({ seed, epoch, sample: media.item, purpose: 'evaluate' });
      if (!fillSlot(puzzle, batch, batch.numWaiting, { media, random })) continue;
      batch.numWaiting += 1;
      if (batch.numWaiting === sizes.microbatchSize) await solve(batch);
    }
  }

  /** Metrics and their weights of what waits, each [B]. */
  function measure({ arrays, weights }: DrawnArrays): Record<string, { perSample: tf.Tensor1D; weight: tf.Tensor1D }> {
    return tf.tidy(() => {
      const drawn = toBatch(puzzle, arrays, weights);
      const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: named });
      const { metrics } = objective.losses(objective.predict(drawn, net), drawn, net);
      return Object.fromEntries(Object.entries(metrics).map(([name, { perSample, weight }]) => [name, { perSample, weight: weight ?? tf.tensor1d(weights) }]));
    });
  }

  /** Behind those that wait lie those that were solved before: what a guesser scores is that of a full microbatch. They do not count again. */
  async function solve(batch: Waiting): Promise<void> {
    const { numWaiting } = batch;
    const metrics = measure(batch);
    for (const [name, { perSample, weight }] of Object.entries(metrics)) addTo(sums.get(name)!, (await perSample.data<'float32'>()).subarray(0, numWaiting), await weight.data());
    tf.dispose(metrics);
    numPuzzles += numWaiting;
    batch.numWaiting = 0;
  }

  return {
    add,
    async score() {
      for (const batch of waiting) if (batch.numWaiting > 0) await solve(batch);
      return { metrics: Object.fromEntries([...sums].map(([name, each]) => [name, { ...puzzle.metrics[name]!, ...describe(each) }])), numPuzzles };
    },
    dispose: () => tf.dispose(named),
  };
}

function addTo(sums: Sums, values: ArrayLike<number>, weights: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    sums.weight += weights[i]!;
    sums.sum += weights[i]! * values[i]!;
    for (let power = 0; power < 3; power++) sums.squares[power]! += weights[i]! ** 2 * values[i]! ** power;
  }
}

function describe({ weight, sum, squares: [ones, values, squares] }: Sums): Mean {
  const mean = sum / weight;
  return { mean, standardError: Math.sqrt(Math.max(0, squares - 2 * mean * values + mean ** 2 * ones)) / weight };
}
