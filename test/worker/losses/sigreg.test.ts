import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { drawDirections, sigreg } from '../../../worker/losses/sigreg.js';
import { SIGREG_OF_ZEROS } from '../../../worker/losses/sigreg-knots.js';
import { freshRandom } from '../../helpers/numerics.js';
import { dot, drawRows, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const measure = (rows: Rows, directions: Rows, weights: readonly number[] = rows.map(() => 1)): number =>
  tf.tidy(() => sigreg(tf.tensor2d(rows), tf.tensor2d(directions), tf.tensor1d([...weights])).dataSync()[0]!);

/** The integral over the whole line by Simpson's rule on a fine grid, cut off where the tests' knots end. */
function expectedOf(rows: Rows, directions: Rows): number {
  const numSteps = 600;
  const along = directions[0]!.map((_, s) => rows.map((row) => dot(row, directions.map((each) => each[s]!))));
  const errorAt = (values: number[], at: number): number => {
    const [cos, sin] = [Math.cos, Math.sin].map((f) => values.reduce((sum, value) => sum + f(at * value), 0) / values.length) as [number, number];
    return ((cos - Math.exp((-at * at) / 2)) ** 2 + sin ** 2) * Math.exp((-at * at) / 2);
  };
  const integrate = (values: number[]): number => {
    let sum = 0;
    for (let k = 0; k <= numSteps; k++) sum += errorAt(values, -3 + (6 * k) / numSteps) * (k === 0 || k === numSteps ? 1 : k % 2 === 1 ? 4 : 2);
    return (sum * 6) / numSteps / 3;
  };
  return (rows.length * along.reduce((sum, values) => sum + integrate(values), 0)) / along.length;
}

test('the statistic is that of an integration in float64, samples that cannot be used left out', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const rows = drawRows(random, 12, 3, 1.3).map((row) => row.map((value) => value + 0.5));
  const directions = tf.tidy(() => drawDirections(random, 3, 4).arraySync());
  for (let s = 0; s < 4; s++) t.true(Math.abs(Math.hypot(...directions.map((each) => each[s]!)) - 1) < 1e-5);
  const weights = rows.map((_, i) => (i % 5 === 2 ? 0 : 1));
  const expected = expectedOf(rows.filter((_, i) => weights[i] === 1), directions);
  // Seventeen knots against hundreds.
  const actual = measure(rows, directions, weights);
  t.true(Math.abs(actual - expected) < 0.02 * expected, `${actual} instead of ${expected}`);
});

test('a standard normal scores about 1 however many rows there are, a moved or a wide one more, and zeros what their closed form says', (t) => {
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'test rows' });
  const directions = tf.tidy(() => drawDirections(random, 4, 16).arraySync());
  const normal = drawRows(random, 2000, 4);
  // By chance alone: the integral of (1 - e^(-t^2)) e^(-t^2 / 2), sqrt(2 pi) (1 - 1 / sqrt(3)) = 1.06.
  const score = measure(normal, directions);
  t.true(score < 3, `${score}`);
  t.true(score / normal.length < 0.002);
  t.true(measure(normal.map((row) => row.map((value) => value + 0.5)), directions) > 50);
  t.true(measure(normal.map((row) => row.map((value) => 2 * value)), directions) > 50);
  // sqrt(2 pi) (1 - 2 / sqrt(2) + 1 / sqrt(3)) over the whole line.
  t.true(Math.abs(SIGREG_OF_ZEROS - Math.sqrt(2 * Math.PI) * (1 - Math.SQRT2 + 1 / Math.sqrt(3))) < 0.01);
  t.true(Math.abs(measure([[0, 0, 0, 0], [0, 0, 0, 0]], directions) - 2 * SIGREG_OF_ZEROS) < 1e-5);
});
