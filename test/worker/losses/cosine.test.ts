import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { cosineDistance } from '../../../worker/losses/cosine.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { dot, drawRows, unit } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('distances are those of a computation in float64, whatever the lengths; 0, 1 and 2 where rows are one way, square and opposite', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const [rows, targets] = [drawRows(random, 5, 7), drawRows(random, 5, 7, 3)];
  const distancesOf = (a: number[][], b: number[][]): Float32Array => tf.tidy(() => cosineDistance(tf.tensor2d(a), tf.tensor2d(b)).dataSync<'float32'>());
  t.true(largestError(distancesOf(rows, targets), rows.map((row, i) => 1 - dot(unit(row), unit(targets[i]!)))) < 1e-5);
  t.true(largestError(distancesOf([[1, 2], [2, 0], [3, 1]], [[2, 4], [0, 5], [-3, -1]]), [0, 1, 2]) < 1e-5);
});

test('no gradient flows into the targets', (t) => {
  const { random } = freshRandom();
  const [rows, targets] = [drawRows(random, 3, 4), drawRows(random, 3, 4)];
  const [ofRows, ofTargets] = tf.tidy(() => {
    const gradients = tf.grads((a, b) => tf.sum(cosineDistance(a as tf.Tensor2D, b as tf.Tensor2D)))([tf.tensor2d(rows), tf.tensor2d(targets)]);
    return gradients.map((gradient) => [...gradient.dataSync()]) as [number[], number[]];
  });
  t.true(ofRows.some((value) => Math.abs(value) > 1e-3));
  t.true(ofTargets.every((value) => value === 0));
});
