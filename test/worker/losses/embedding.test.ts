import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { measureEmbedding } from '../../../worker/losses/embedding.js';
import { freshRandom } from '../../helpers/numerics.js';
import { covarianceOf, dot, drawRows, unit, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

interface Measures {
  readonly accuracy: number[];
  readonly deviation: number;
  readonly rank: number;
}

function measure(rows: Rows, others: Rows, weights: readonly number[]): Measures {
  return tf.tidy(() => {
    const { accuracy, embeddingDeviation, effectiveRank } = measureEmbedding(tf.tensor2d(rows), tf.tensor2d(others), tf.tensor1d([...weights]));
    const [deviation, rank] = [embeddingDeviation, effectiveRank].map(({ perSample }) => perSample.dataSync()[0]!) as [number, number];
    return { accuracy: [...accuracy.perSample.dataSync()], deviation, rank };
  });
}

test('accuracy, deviation and rank are those of a computation in float64, samples that cannot be used left out', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const rows = drawRows(random, 9, 5);
  const others = rows.map((row) => row.map((value) => value + 0.8 * random.uniform(-1, 1)));
  const weights = rows.map((_, i) => (i === 2 ? 0 : 1));
  const used = rows.flatMap((_, i) => (weights[i] === 1 ? [i] : []));
  const actual = measure(rows, others, weights);
  for (const i of used) {
    const cosine = (j: number): number => dot(unit(rows[i]!), unit(others[j]!));
    t.is(actual.accuracy[i], cosine(i) > Math.max(...used.filter((j) => j !== i).map(cosine)) ? 1 : 0);
  }
  const matrix = covarianceOf(used.map((i) => unit(rows[i]!)), used.length);
  const trace = matrix.reduce((sum, row, d) => sum + row[d]!, 0);
  const squares = matrix.flat().reduce((sum, value) => sum + value ** 2, 0);
  t.true(Math.abs(actual.deviation - matrix.reduce((sum, row, d) => sum + Math.sqrt(row[d]!), 0) / 5) < 1e-5);
  t.true(Math.abs(actual.rank - trace ** 2 / squares) < 1e-4);
});

test('rows along all axes, both ways, have deviation 1 / sqrt(dims) and full rank; rows that are all alike have neither', (t) => {
  const axes = [0, 1, 2].flatMap((axis) => [1, -1].map((sign) => [0, 1, 2].map((d) => (d === axis ? sign : 0))));
  const all = measure(axes, axes, axes.map(() => 1));
  t.deepEqual(all.accuracy, axes.map(() => 1));
  t.true(Math.abs(all.deviation - 1 / Math.sqrt(3)) < 1e-5 && Math.abs(all.rank - 3) < 1e-4);
  const alike = axes.map(() => [2, 1, 2]);
  const { accuracy, deviation, rank } = measure(alike, alike, alike.map(() => 1));
  t.deepEqual(accuracy, alike.map(() => 0));
  t.true(deviation < 1e-6 && rank < 1e-3);
  const line = axes.map((_, i) => [1, i, 2 * i]);
  t.true(measure(line, line, line.map(() => 1)).rank < 2);
});
