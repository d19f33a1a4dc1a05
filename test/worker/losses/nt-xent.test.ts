import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { contrastViews } from '../../../worker/losses/nt-xent.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { dot, drawRows, unit, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

interface Measures {
  readonly loss: Float32Array;
  readonly accuracy: number[];
}

const measure = (one: Rows, other: Rows, weights: readonly number[], temperature: number): Measures => tf.tidy(() => {
  const { loss, accuracy } = contrastViews(tf.tensor2d(one), tf.tensor2d(other), tf.tensor1d([...weights]), temperature);
  return { loss: loss.perSample.dataSync<'float32'>(), accuracy: [...accuracy.perSample.dataSync()] };
});

test('loss and accuracy are those of a computation in float64, samples that cannot be used left out', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const one = drawRows(random, 6, 4).map(unit);
  const other = one.map((row) => unit(row.map((value) => value + 0.7 * random.uniform(-1, 1))));
  const weights = [1, 1, 1, 0, 1, 1];
  for (const temperature of [0.07, 0.5]) {
    const actual = measure(one, other, weights, temperature);
    const views = [one, other];
    const lookFrom = (sample: number, side: number): { loss: number; accuracy: number } => {
      const row = views[side]![sample]!;
      const right = dot(row, views[1 - side]![sample]!);
      const wrong = views.flatMap((rows) => rows.filter((_, i) => i !== sample && weights[i] === 1)).map((each) => dot(row, each));
      const scores = [right, ...wrong].map((cosine) => Math.exp(cosine / temperature));
      return { loss: -Math.log(scores[0]! / scores.reduce((a, b) => a + b)), accuracy: right > Math.max(...wrong) ? 1 : 0 };
    };
    one.forEach((_row, sample) => {
      if (weights[sample] === 0) return;
      const [first, second] = [lookFrom(sample, 0), lookFrom(sample, 1)];
      t.true(largestError([actual.loss[sample]!], [(first.loss + second.loss) / 2]) < 1e-5);
      t.is(actual.accuracy[sample], (first.accuracy + second.accuracy) / 2);
    });
    t.true(Number.isFinite(actual.loss[3]));
  }
});

test('rows that are all alike lose log(2 B - 1); orthogonal pictures with equal views nearly nothing at a low temperature', (t) => {
  const alike = [[0.6, 0.8], [0.6, 0.8], [0.6, 0.8], [0.6, 0.8]];
  const { loss, accuracy } = measure(alike, alike, [1, 1, 1, 1], 0.2);
  t.true(largestError(loss, alike.map(() => Math.log(7))) < 1e-5);
  t.deepEqual(accuracy, [0, 0, 0, 0]);
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const apart = measure(axes, axes, [1, 1, 1], 0.5);
  t.true(largestError(apart.loss, axes.map(() => Math.log(1 + 4 * Math.exp(-2)))) < 1e-5);
  t.deepEqual(apart.accuracy, [1, 1, 1]);
});
