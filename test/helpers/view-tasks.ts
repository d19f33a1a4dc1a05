// Small recipes of tasks that compare views, and what all of them owe.

import type { ExecutionContext } from 'ava';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import type { Trainer } from '../../worker/compute/trainer.js';
import { planSteps, vectorOf } from './planned-steps.js';
import { partsOf } from './recipes.js';
import { createReplicas } from './replicas.js';

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
