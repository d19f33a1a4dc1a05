import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { accuracyOf, stackFeatures } from '../../../worker/evaluate/feature-set.js';
import type { FeatureSet } from '../../../worker/evaluate/feature-set.js';
import { scoreKnn } from '../../../worker/evaluate/knn.js';
import { scoreLinearProbe } from '../../../worker/evaluate/linear-probe.js';
import { freshRandom, normal } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

/** Rows around one centre a class, `distance` deviations from the origin, then a column that is always 3. */
function createBlobs(random: Random, centres: readonly Float32Array[], numPerClass: number, scale = 1): FeatureSet {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for (let i = 0; i < numPerClass; i++) {
    centres.forEach((centre, label) => {
      rows.push(Float32Array.of(...[...centre].map((x) => scale * (x + normal(random))), 3));
      labels.push(label);
    });
  }
  return stackFeatures(rows, labels);
}

const drawCentres = (random: Random, numClasses: number, numDims: number, distance: number): Float32Array[] =>
  Array.from({ length: numClasses }, () => Float32Array.from({ length: numDims }, () => distance * normal(random)));

test('accuracy counts equal entries', (t) => {
  t.is(accuracyOf([1, 2, 3, 4], Int32Array.of(1, 0, 3, 0)), 0.5);
});

test('nearest neighbours vote by cosine, the nearer ones more', (t) => {
  // Two rows of class 1 at 60 degrees against one of class 0 at 0 degrees; the length of a row says nothing.
  const train = stackFeatures([[10, 0], [1, Math.sqrt(3)], [2, 2 * Math.sqrt(3)], [-1, 0]].map((row) => Float32Array.from(row)), [0, 1, 1, 2]);
  const test = stackFeatures([Float32Array.of(0.1, 0)], [0]);
  t.is(scoreKnn(train, test, 3), 1);
  // Hot votes are equal votes: two against one.
  t.is(scoreKnn(train, test, 3, { k: 3, temperature: 1e6 }), 0);
  t.is(scoreKnn(train, test, 3, { k: 1, temperature: 1e6 }), 1);
});

test('both probes tell far classes apart and are at chance on labels that mean nothing', async (t) => {
  const { random } = freshRandom();
  const centres = drawCentres(random, 5, 9, 3);
  const [train, held] = [createBlobs(random, centres, 30), createBlobs(random, centres, 40)];
  const numTensors = tf.memory().numTensors;
  t.true(scoreKnn(train, held, 5) > 0.95);
  t.true((await scoreLinearProbe(train, held, 5)) > 0.95);
  t.is(tf.memory().numTensors, numTensors);

  const [noise, heldNoise] = [train, held].map((set) => ({ ...set, labels: set.labels.map(() => random.int(5)) })) as [FeatureSet, FeatureSet];
  for (const score of [scoreKnn(noise, heldNoise, 5), await scoreLinearProbe(noise, heldNoise, 5)]) {
    t.true(Math.abs(score - 0.2) < 4 * Math.sqrt((0.2 * 0.8) / 200), `score ${score}`);
  }
});

test('the linear probe does not care for the scale of features, and gives the same each time', async (t) => {
  const { random } = freshRandom();
  const centres = drawCentres(random, 3, 40, 0.3);
  const [train, held] = [createBlobs(random, centres, 12), createBlobs(random, centres, 60)];
  const scaled = (set: FeatureSet): FeatureSet => ({ ...set, featuresND: set.featuresND.map((x) => 1024 * x) });
  const score = await scoreLinearProbe(train, held, 3);
  t.is(await scoreLinearProbe(train, held, 3), score);
  t.true(Math.abs((await scoreLinearProbe(scaled(train), scaled(held), 3)) - score) < 0.02);
  t.true(score > 0.5);
});

test('the linear probe finds the optimum that float64 descent finds', async (t) => {
  const { random } = freshRandom();
  const train = createBlobs(random, drawCentres(random, 2, 3, 0.5), 30);
  // Plain descent for two classes, standardised by hand; long enough to be done.
  const [n, d] = [train.labels.length, train.numDims];
  const column = (j: number): number[] => Array.from({ length: n }, (_, i) => train.featuresND[i * d + j]!);
  const columns = Array.from({ length: d }, (_, j) => {
    const values = column(j);
    const mean = values.reduce((a, b) => a + b) / n;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
    return values.map((x) => (deviation > 1e-6 ? (x - mean) / deviation : 0));
  });
  columns.push(new Array<number>(n).fill(1));
  // Softmax of two columns of weights w and -w is a logistic of 2w.
  const weights = columns.map(() => 0);
  const logit = (i: number): number => 2 * columns.reduce((sum, values, j) => sum + values[i]! * weights[j]!, 0);
  for (let step = 0; step < 5000; step++) {
    const errors = Array.from({ length: n }, (_, i) => 1 / (1 + Math.exp(-logit(i))) - train.labels[i]!);
    columns.forEach((values, j) => {
      weights[j]! -= 0.2 * (errors.reduce((sum, error, i) => sum + error * values[i]!, 0) / n + 0.01 * weights[j]!);
    });
  }
  // Points near the border of the float64 solution may fall on either side; all others must agree.
  const sure = [...Array(n).keys()].filter((i) => Math.abs(logit(i)) > 0.05);
  const asked = stackFeatures(sure.map((i) => train.featuresND.slice(i * d, (i + 1) * d)), sure.map((i) => (logit(i) > 0 ? 1 : 0)));
  t.true(sure.length > n / 2);
  t.is(await scoreLinearProbe(train, asked, 2), 1);
});
