// What only the simd backend promises: flat memory, its own gradients where tfjs's JavaScript is wrong, copies that last.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { simd } from '../../../worker/backends/simd.js';
import { groupNorm, softmaxCrossEntropy, standardizeWeights } from '../../../worker/backends/ops.js';
import { startProfile, stopProfile } from '../../../worker/backends/simd/profile.js';
import type { SimdBackend } from '../../../worker/backends/simd/simd-backend.js';
import { IS_LONG } from '../../helpers/long.js';

test.before(async () => {
  await simd.start();
});

function createTensor(shape: readonly number[], purpose: string): Tensor {
  const random = createRandom({ seed: 3, epoch: 0, sample: 0, purpose });
  const length = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor(Float32Array.from({ length }, () => random.uniform(-0.5, 0.5)), [...shape]);
}

/** A small network with every kind of layer that training uses; returns updated parameters. */
function createTraining(): () => void {
  const images = createTensor([4, 8, 8, 3], 'images') as Tensor4D;
  const labels = tf.tidy(() => tf.softmax(createTensor([4, 5], 'labels') as Tensor2D));
  let parameters = [createTensor([3, 3, 3, 8], 'a'), tf.ones([8]), tf.zeros([8]), createTensor([3, 3, 8, 8], 'b'), createTensor([8, 5], 'c')];
  const computeLoss = (...values: Tensor[]): tf.Scalar => {
    const [a, scale, shift, b, c] = values as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const x = groupNorm(tf.conv2d(images, standardizeWeights(a as Tensor4D, 1e-4), 1, 'same'), { scaleC: scale as Tensor1D, shiftC: shift as Tensor1D }, 2, 1e-5);
    const y = tf.maxPool(tf.relu(tf.conv2d(tf.relu(x), b as Tensor4D, 2, 'same')), 2, 2, 'same');
    return tf.mean(softmaxCrossEntropy(tf.matMul(tf.mean<Tensor2D>(y, [1, 2]), c as Tensor2D), labels));
  };
  return () => {
    const { value, grads } = tf.valueAndGrads(computeLoss)(parameters);
    const updated = tf.tidy(() => parameters.map((parameter, i) => tf.sub(parameter, tf.mul(grads[i]!, 0.01))));
    tf.dispose([value, grads, parameters]);
    parameters = updated;
  };
}

/** `npm run test:long` takes ten times as many. */
const NUM_STEPS = IS_LONG ? 2000 : 200;

test.serial(`${NUM_STEPS} steps leave no tensor behind and do not grow the memory`, (t) => {
  const step = createTraining();
  for (let i = 0; i < 5; i++) step();
  const { heap } = tf.backend() as SimdBackend;
  const before = { tensors: tf.memory().numTensors, used: heap.usedBytes, capacity: heap.capacityBytes };
  for (let i = 0; i < NUM_STEPS; i++) step();
  t.deepEqual({ tensors: tf.memory().numTensors, used: heap.usedBytes, capacity: heap.capacityBytes }, before);
});

test.serial('a training step runs on kernels of our own only', (t) => {
  const step = createTraining();
  startProfile();
  step();
  const timings = stopProfile();
  t.true(timings.some(({ name }) => name === 'Conv2DBackpropFilter'));
  t.deepEqual(timings.filter(({ isFallback }) => isFallback).map(({ name }) => name), []);
});

test.serial('the gradient of a padded average is that of the pixels inside', (t) => {
  const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
  const gradient = tf.grad((input) => tf.sum(tf.avgPool(input as Tensor4D, 2, 2, 'same')))(x);
  t.deepEqual([...gradient.dataSync()], [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
});

for (const [alignCorners, halfPixelCenters] of [[false, false], [true, false], [false, true]] as const) {
  test.serial(`the gradient of resizing is its transpose: corners aligned ${alignCorners}, half-pixel centres ${halfPixelCenters}`, (t) => {
    const [x, weights] = [createTensor([2, 3, 5, 2], 'resized'), createTensor([2, 7, 4, 2], 'weights')];
    const weigh = (input: Tensor): tf.Scalar => tf.sum(tf.mul(tf.image.resizeBilinear(input as Tensor4D, [7, 4], alignCorners, halfPixelCenters), weights));
    const gradient = tf.grad(weigh)(x);
    // Resizing is linear, so that the derivative along any direction is the value there.
    for (const direction of ['a', 'b', 'c'].map((name) => createTensor([2, 3, 5, 2], name))) {
      const along = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
      t.true(Math.abs(along - weigh(direction).dataSync()[0]!) < 1e-5);
    }
  });
}

test.serial('numbers that were read stay as they are when the memory is used again', (t) => {
  const x = createTensor([100], 'kept');
  const values = x.dataSync();
  const copy = [...values];
  x.dispose();
  const other = tf.zeros([100]);
  t.deepEqual([...values], copy);
  other.dispose();
});

test.serial('a kernel that is not ported runs on tfjs, and the profile says so', (t) => {
  startProfile();
  const y = tf.tidy(() => tf.atan2(createTensor([3], 'y'), createTensor([3], 'x')).dataSync());
  const [timing] = stopProfile().filter(({ name }) => name === 'Atan2');
  t.is(y.length, 3);
  t.true(timing?.isFallback);
});

test.serial('a cast from bool to float makes numbers of its own', (t) => {
  const result = tf.tidy(() => tf.add(tf.cast(tf.greater(tf.tensor1d([1, 2, 3]), 1.5), 'float32'), 0.5).dataSync());
  t.deepEqual([...result], [0.5, 1.5, 1.5]);
});
