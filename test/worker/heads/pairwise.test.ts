import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { backends } from '../../../worker/backends/index.js';
import { pairwiseHeadState } from '../../../worker/heads/pairwise-state.js';
import { applyPairwiseHead } from '../../../worker/heads/pairwise.js';
import { classify } from '../../../worker/losses/cross-entropy.js';
import { classOf, listOrders } from '../../../worker/tasks/frame-order/orders.js';
import { createHeadNet, largestError, normals } from '../../helpers/numerics.js';

const ORDERS = listOrders(4);
const options = { numFrames: 4, grid: 1, frameUnits: 24, pairUnits: 24, dropout: 0, numClasses: ORDERS.length };
const CHANNELS = 12;
const BATCH = 64;

const streamOf = (purpose: string): Random => createRandom({ seed: 3, epoch: 0, sample: 0, purpose });

function createParameters(): Record<string, tf.Variable> {
  const layout = createLayout(pairwiseHeadState(options, { channels: CHANNELS, side: 1, stages: [], state: [] }));
  const flat = initValues(layout, 1);
  return Object.fromEntries(
    layout.entries.map(({ name, shape, offset, length }) => [name, tf.variable(tf.tensor(flat.slice(offset, offset + length), [...shape]))]),
  );
}

const toLogits = (parameters: Record<string, tf.Tensor>, values: Float32Array): tf.Tensor2D => {
  const features = tf.tensor4d(values, [values.length / CHANNELS, 1, 1, CHANNELS]);
  return applyPairwiseHead(features, options, createHeadNet(parameters));
};

/** What a trunk may say of a slow motion in a strong scene: four places on a line, as long as `lengthOf` draws, anywhere. */
function drawPuzzles(random: Random, lengthOf: () => number): { features: Float32Array; classes: Int32Array } {
  const features = new Float32Array(BATCH * options.numFrames * CHANNELS);
  const classes = Int32Array.from({ length: BATCH }, (_, sample) => {
    const scene = normals(random, CHANNELS);
    const length = lengthOf() / options.numFrames;
    const way = normals(random, CHANNELS).map((value) => value * length);
    const order = random.permutation(options.numFrames);
    order.forEach((place, time) => {
      const start = (sample * options.numFrames + place) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) features[start + c] = 2 * scene[c]! + time * way[c]!;
    });
    return classOf(order, ORDERS);
  });
  return { features, classes };
}

test.before(async () => {
  await backends.simd.start();
});

test('neither the scene nor how much moves in it changes an answer', (t) => {
  tf.tidy(() => {
    const parameters = createParameters();
    const random = streamOf('features');
    const features = normals(random, BATCH * options.numFrames * CHANNELS);
    const scenes = normals(random, BATCH * CHANNELS);
    const sceneOf = (i: number): number => scenes[Math.floor(i / (options.numFrames * CHANNELS)) * CHANNELS + (i % CHANNELS)]!;
    const read = (values: Float32Array): Float32Array => toLogits(parameters, values).dataSync<'float32'>().slice();
    const answers = read(features);
    // Rounding of sums of a dozen numbers up to 10, against logits below 1.
    t.true(largestError(read(features.map((value, i) => value + 5 * sceneOf(i))), answers) < 1e-4);
    t.true(largestError(read(features.map((value) => value * 0.1)), answers) < 1e-3);
    t.true(largestError(read(features.toReversed()), answers) > 0.1);
  });
});

test('four frames that are all the same give finite answers and gradients', (t) => {
  tf.tidy(() => {
    const parameters = createParameters();
    const { value, grads } = tf.variableGrads(() => tf.sum(toLogits(parameters, new Float32Array(2 * options.numFrames * CHANNELS).fill(0.7))));
    for (const tensor of [value, ...Object.values(grads)]) t.true(tensor.dataSync<'float32'>().every(Number.isFinite));
  });
});

test('small motions in strong scenes are sorted after a few hundred updates', (t) => {
  const random = streamOf('puzzles');
  const lengthOf = (): number => 10 ** random.uniform(-1.5, 0);
  const parameters = createParameters();
  const optimizer = tf.train.adam(0.003);
  const scores: number[] = [];
  for (let step = 0; step < 250; step++) {
    tf.tidy(() => {
      const { features, classes } = drawPuzzles(random, lengthOf);
      optimizer.minimize(() => {
        const { terms, metrics } = classify(toLogits(parameters, features), tf.tensor2d(classes, [BATCH, 1], 'int32'));
        scores.push(tf.mean(metrics['accuracy']!.perSample).dataSync()[0]!);
        return tf.mean(terms['crossEntropy']!.perSample);
      });
    });
  }
  const score = scores.slice(-20).reduce((a, b) => a + b) / 20;
  t.log(`${(100 * score).toFixed(1)} % of puzzles that were never seen before, chance ${(100 / ORDERS.length).toFixed(1)} %`);
  t.true(score > 0.5);
  optimizer.dispose();
  tf.dispose(parameters);
});
