// What is seen of a microbatch from inside: every layer by the name that the state has for it, each sample's loss, whose gradient is not finite.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initState } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createTrainer } from '../../../worker/compute/trainer.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import type { Objective } from '../../../worker/tasks/objective.js';
import { findFaultyGradients, lookAtForward } from '../../../worker/replay/look-at-microbatch.js';
import { freshRandom } from '../../helpers/numerics.js';
import { partsOf } from '../../helpers/recipes.js';
import { createInput } from '../../helpers/replicas.js';

let disposeBackend: () => void | Promise<void>;
test.before(async () => {
  const started = await backends.cpu.start();
  disposeBackend = () => started.dispose();
});
test.after.always(() => disposeBackend());

const recipeOf = (learning: object, model: object): object => ({
  data: { root: '/data', source: 'image-folder', side: 16, shortSide: 16 }, ...learning, model, batch: { microbatches: 2, microbatchSize: 3 }, steps: 4,
});

const convnet = { name: 'convnet', options: { width: 2, stages: 2 } };

/** Names of what was seen, once each, in their order. */
async function seenOf(parts: TrainerParts): Promise<string[]> {
  const { random } = freshRandom();
  const values = nameValues(parts.layout, initState(parts.layout, 1));
  const seen: string[] = [];
  const losses = await lookAtForward(parts, values, createInput(parts, random, 3, 1), (name, outputs) => {
    if (outputs.length > 0) seen.push(name);
  });
  tf.dispose(values);
  if (!losses.every(Number.isFinite)) throw new Error(`losses ${losses.join()}`);
  return [...new Set(seen)];
}

test('layers are seen in the order of the pass, those of a teacher and of several tasks by their names in the state', async (t) => {
  const numTensors = tf.memory().numTensors;
  t.deepEqual(await seenOf(partsOf(recipeOf({ task: { name: 'rotation' } }, convnet))), ['trunk/stage1/conv1', 'trunk/stage2/conv1', 'head/turn']);
  const byol = await seenOf(partsOf(recipeOf({ task: { name: 'byol' } }, convnet)));
  t.deepEqual(byol.filter((name) => !name.startsWith('trunk/')), [
    'head/hidden', 'head/projection', 'head/predictor/hidden', 'head/predictor/last',
    ...['trunk/stage1/conv1', 'trunk/stage2/conv1', 'head/hidden', 'head/projection'].map((name) => `teacher/${name}`),
  ]);
  const both = await seenOf(partsOf(recipeOf({ tasks: [{ name: 'rotation' }, { name: 'jigsaw', options: { grid: 2 } }] }, convnet)));
  t.true(both.includes('head/rotation/turn') && both.some((name) => name.startsWith('head/jigsaw/')), both.join());
  const resnet = await seenOf(partsOf(recipeOf({ task: { name: 'rotation' } }, { name: 'resnet18', options: { width: 2 } })));
  t.deepEqual(resnet.slice(0, 4), ['trunk/stem', 'trunk/stage1/block1/conv1', 'trunk/stage1/block1/conv2', 'trunk/stage1/block1']);
  const vit = await seenOf(partsOf(recipeOf({ task: { name: 'rotation' } }, { name: 'vit', options: { patch: 8, width: 16, depth: 2, heads: 2 } })));
  t.true(vit.some((name) => name.endsWith('/attention/qkv')), vit.join());
  t.is(tf.memory().numTensors, numTensors);
});

test('what samples lose adds up to the loss that is trained by', async (t) => {
  const parts = partsOf(recipeOf({ task: { name: 'rotation' } }, convnet));
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const state = initState(parts.layout, 1);
  const [values, input] = [nameValues(parts.layout, state), createInput(parts, random, 3)];
  input.weights[1] = 0;
  const losses = await lookAtForward(parts, values, input, () => {});
  const trainer = createTrainer(parts);
  t.teardown(() => { trainer.dispose(); tf.dispose(values); });
  trainer.load(state);
  const { terms } = await trainer.computeGradient(input, new Float32Array(parts.layout.gradientLength));
  t.is(losses[1], 0);
  t.true(Math.abs(losses[0]! + losses[2]! - terms['crossEntropy']!.sum) < 1e-5);
  t.deepEqual(await findFaultyGradients(trainer, input, parts.layout.gradientLength), []);
});

/** Loses the root of how far the turn is from 2, times the mean square of all arrays: finite for all turns, where its gradient is not at 2. */
const roots: Objective = {
  predict: () => ({}),
  losses(_predictions, { tensors: { turn } }, net) {
    const arrays = Object.values(net.named()).map((array) => tf.sum(tf.square(array)));
    return { terms: { root: { perSample: tf.sqrt(tf.mul(tf.abs(tf.sub(tf.cast(turn!, 'float32'), 2)), tf.addN(arrays))) } }, metrics: {} };
  },
};

test('a sample whose loss is finite and whose gradient is not is told from the others', async (t) => {
  const parts: TrainerParts = { ...partsOf(recipeOf({ task: { name: 'rotation' } }, convnet)), objective: roots };
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const state = initState(parts.layout, 1);
  const [values, input, trainer] = [nameValues(parts.layout, state), createInput(parts, random, 4), createTrainer(parts)];
  t.teardown(() => { trainer.dispose(); tf.dispose(values); });
  trainer.load(state);
  input.arrays['turn']!.set([1, 2, 3, 2]);
  input.weights[3] = 0;
  t.true((await lookAtForward(parts, values, input, () => {})).every(Number.isFinite));
  t.deepEqual(await findFaultyGradients(trainer, input, parts.layout.gradientLength), [1]);
});
