import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { contrast } from '../../../worker/losses/info-nce.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { dot, drawRows, unit, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

interface Measured {
  readonly losses: Float32Array;
  readonly found: number[];
  readonly spread: Float32Array;
}

/** `leftOut` has a 1 where a query leaves another row out. */
function measure([queries, keys, others]: readonly [Rows, Rows, Rows], temperature: number, leftOut?: Rows): Measured {
  return tf.tidy(() => {
    const [queriesBD, keysBD, othersKD] = [queries, keys, others].map((rows) => tf.tensor2d(rows)) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const { terms, metrics } = contrast({ queriesBD, keysBD, othersKD, ...(leftOut && { leftOutBK: tf.tensor2d(leftOut) }) }, temperature);
    return {
      losses: terms['infoNce']!.perSample.dataSync<'float32'>(),
      found: [...metrics['found']!.perSample.dataSync()],
      spread: metrics['spread']!.perSample.dataSync<'float32'>(),
    };
  });
}

test('loss, found and spread are those of a computation in float64', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const rowsOf = (count: number): Rows => drawRows(random, count, 6).map((row) => unit(row).map(Math.fround));
  const [queries, keys, others] = [rowsOf(9), rowsOf(9), rowsOf(5)] as const;
  // One is left for each query at least.
  const leftOut = queries.map(() => others.map((_, k) => (k > 0 && random.chance(0.5) ? 1 : 0)));
  for (const [temperature, without] of [[0.07, undefined], [0.2, undefined], [1, undefined], [0.07, leftOut], [1, leftOut]] as const) {
    const expected = queries.map((query, i) => {
      const right = dot(query, keys[i]!);
      const wrong = others.filter((_, k) => !without?.[i]![k]).map((other) => dot(query, other));
      const scores = [right, ...wrong].map((cosine) => Math.exp(cosine / temperature));
      return {
        loss: -Math.log(scores[0]! / scores.reduce((a, b) => a + b)),
        found: right > Math.max(...wrong) ? 1 : 0,
        spread: 1 - wrong.reduce((a, b) => a + b) / wrong.length,
      };
    });
    const actual = measure([queries, keys, others], temperature, without);
    // Logits reach 1 / 0.07 = 14, so a bit of fp32 is 1e-6.
    t.true(largestError(actual.losses, expected.map(({ loss }) => loss)) < 1e-5);
    t.deepEqual(actual.found, expected.map(({ found }) => found));
    t.true(largestError(actual.spread, expected.map(({ spread }) => spread)) < 1e-5);
  }
});

test('rows that are all alike lose log(1 + K), are right never, and have no spread', (t) => {
  const same = (count: number): Rows => Array.from({ length: count }, () => [0.6, 0.8]);
  const { losses, found, spread } = measure([same(2), same(2), same(7)], 0.2);
  t.true(losses.every((loss) => Math.abs(loss - Math.log(8)) < 1e-5));
  t.deepEqual(found, [0, 0]);
  t.true(spread.every((value) => Math.abs(value) < 1e-6));
});

test('the smallest temperature leaves losses finite', (t) => {
  const { losses } = measure([[[1, 0], [-1, 0]], [[1, 0], [1, 0]], [[0, 1], [-1, 0]]], 0.01);
  t.true(losses.every(Number.isFinite));
  t.true(losses[0]! < 1e-6 && Math.abs(losses[1]! - 200) < 1e-3);
});

test('at the smallest temperature a row that is left out still weighs nothing', (t) => {
  const { losses, found } = measure([[[1, 0]], [[-1, 0]], [[1, 0], [0, 1]]], 0.01, [[1, 0]]);
  t.true(Math.abs(losses[0]! - 100) < 1e-3);
  t.deepEqual(found, [0]);
});
