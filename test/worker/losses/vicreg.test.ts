import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { vicreg } from '../../../worker/losses/vicreg.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { covarianceOf, drawRows, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const WEIGHTS = { invariance: 25, variance: 20, covariance: 3 };

/** The terms, sample by sample. */
function measure(one: Rows, other: Rows, weights: readonly number[], factors = WEIGHTS): Record<keyof typeof WEIGHTS, Float32Array> {
  return tf.tidy(() => {
    const terms = vicreg(tf.tensor2d(one), tf.tensor2d(other), tf.tensor1d([...weights]), factors);
    const read = (name: keyof typeof WEIGHTS): Float32Array => terms[name].perSample.dataSync<'float32'>();
    return { invariance: read('invariance'), variance: read('variance'), covariance: read('covariance') };
  });
}

/** Variance and covariance terms of the paper, by the whole matrix of covariances in float64. */
function expectedOf(views: readonly Rows[]): { variance: number; covariance: number } {
  let [variance, covariance] = [0, 0];
  for (const rows of views) {
    const matrix = covarianceOf(rows, rows.length - 1);
    const dims = matrix.length;
    variance += matrix.reduce((sum, row, d) => sum + Math.max(0, 1 - Math.sqrt(row[d]! + 1e-4)), 0) / dims / 2;
    covariance += matrix.reduce((sum, row, d) => sum + row.reduce((all, value, e) => all + (d === e ? 0 : value ** 2), 0), 0) / dims;
  }
  return { variance, covariance };
}

for (const [samples, dims] of [[7, 4], [5, 12]] as const) {
  test(`${samples} rows of ${dims} numbers lose what a computation in float64 says, samples that cannot be used left out`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const [one, other] = [drawRows(random, samples, dims, 0.9), drawRows(random, samples, dims, 1.1)];
    const weights = one.map((_, i) => (i === 1 ? 0 : 1));
    const isUsed = (_row: unknown, i: number): boolean => weights[i] === 1;
    const actual = measure(one, other, weights);
    const { variance, covariance } = expectedOf([one.filter(isUsed), other.filter(isUsed)]);
    const distances = one.map((row, i) => row.reduce((sum, value, d) => sum + (value - other[i]![d]!) ** 2, 0) / dims);
    t.true(largestError(actual.invariance, distances.map((each) => 25 * each)) < 1e-5);
    t.true(largestError(actual.variance, one.map(() => 20 * variance)) < 1e-5);
    t.true(largestError(actual.covariance, one.map(() => 3 * covariance)) < 1e-5);
    // Whatever is in the row that is left out.
    const changed = measure(one.map((row, i) => (i === 1 ? row.map(() => 50) : row)), other, weights);
    t.true(largestError(changed.variance, actual.variance) < 1e-5);
    t.true(largestError(changed.covariance, actual.covariance) < 1e-5);
  });
}

test('identical views have no distance; rows that are all alike lose the whole variance term, independent wide ones nothing', (t) => {
  const alike = measure([[1, 2, 3], [1, 2, 3]], [[1, 2, 3], [1, 2, 3]], [1, 1]);
  t.deepEqual([...alike.invariance], [0, 0]);
  t.true(largestError(alike.variance, [20 * 0.99, 20 * 0.99]) < 1e-6);
  t.deepEqual([...alike.covariance], [0, 0]);
  // The corners of a square: variance 4/3 in each number, no covariance.
  const corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]];
  const wide = measure(corners, corners, [1, 1, 1, 1]);
  t.true(Object.values(wide).flatMap((each) => [...each]).every((value) => Math.abs(value) < 1e-5));
});

test('one usable sample, or none, loses finite numbers and has a finite gradient', (t) => {
  const { random } = freshRandom();
  for (const weights of [[1, 0], [0, 0]]) {
    const rows = tf.tensor2d(normals(random, 6), [2, 3]);
    const gradient = tf.tidy(() => tf.grad((x) => {
      const { invariance, variance, covariance } = vicreg(x as tf.Tensor2D, x as tf.Tensor2D, tf.tensor1d(weights), WEIGHTS);
      return tf.sum(tf.add(tf.add(invariance.perSample, variance.perSample), covariance.perSample));
    })(rows).dataSync());
    t.true(gradient.every(Number.isFinite));
    t.true(Object.values(measure([[1, 2], [3, 4]], [[1, 2], [3, 4]], weights)).every((each) => each.every(Number.isFinite)));
    rows.dispose();
  }
});
