// Small recipes of tasks that compare views, and what all of them owe.

import type { ExecutionContext } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import type { Trainer } from '../../worker/compute/trainer.js';
import type { Net } from '../../worker/tasks/objective.js';
import { freshRandom, largestError } from './numerics.js';
import { planSteps, vectorOf } from './planned-steps.js';
import { partsOf } from './recipes.js';
import { createReplicas } from './replicas.js';
import { dot, drawRows, unit } from './rows.js';

export const NUM_ITEMS = 10;

export const buildViewTask = (name: string, options: object, microbatchSize = 4): TrainerParts => partsOf({
  data: { root: '/data', side: 12, shortSide: 16 }, steps: 5, seed: 3,
  task: { name, options },
  model: { name: 'convnet', options: { width: 3, stages: 2 } },
  optimizer: { name: 'sgd', learningRate: 0.2 },
  batch: { microbatches: 2, microbatchSize },
}, NUM_ITEMS);

/** A sample of weight 0 changes nothing that a microbatch sends, whatever its bytes are. */
export async function lookPastLostPicture(t: ExecutionContext, parts: TrainerParts): Promise<void> {
  const [trainer] = createReplicas(t, parts) as [Trainer];
  const input = planSteps(parts, { numItems: NUM_ITEMS }).inputOf(1, 0);
  const weights = Float32Array.of(1, 1, 0, 1);
  const sendWith = async (fill: number): Promise<Float32Array> => {
    const arrays = Object.fromEntries(Object.entries(input.arrays).map(([name, array]) => {
      const copy = array.slice();
      copy.fill(fill, copy.length / 2, (3 * copy.length) / 4);
      return [name, copy];
    }));
    return (await vectorOf(parts, trainer, { ...input, arrays, weights })).vector;
  };
  const expected = await sendWith(0);
  t.true(expected.some((value) => value !== 0));
  t.deepEqual(await sendWith(200), expected);
}

/** Of rows that have nothing to do with each other, the loss is how far each guess points from its own target, as float64 has it. */
export function compareGuesses(t: ExecutionContext, { objective }: TrainerParts, targets: { readonly one: string; readonly other: string }): void {
  const { random } = freshRandom();
  const names = new Set(['features', 'one', 'other', 'guessOfOne', 'guessOfOther', ...Object.values(targets)]);
  const rows = Object.fromEntries([...names].map((name) => [name, drawRows(random, 4, 6)]));
  const losses = tf.tidy(() => {
    const batch = { numSamples: 4, tensors: {}, arrays: {}, weights: Float32Array.of(1, 1, 1, 1) };
    const predictions = Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, tf.tensor2d(values)]));
    return objective.losses(predictions, batch, {} as Net).terms['distance']!.perSample.dataSync<'float32'>();
  });
  const cosine = (sample: number, guess: string, target: string): number => dot(unit(rows[guess]![sample]!), unit(rows[target]![sample]!));
  const expected = rows['one']!.map((_, sample) => 1 - (cosine(sample, 'guessOfOne', targets.one) + cosine(sample, 'guessOfOther', targets.other)) / 2);
  t.true(largestError(losses, expected) < 1e-5);
}
