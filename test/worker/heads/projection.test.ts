import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { backends } from '../../../worker/backends/index.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import { projectionState, type ProjectionOptions } from '../../../worker/heads/projection-state.js';
import { applyProjection, projectRows, toUnitRows } from '../../../worker/heads/projection.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { covarianceOf, dot, drawRows, type Rows } from '../../helpers/rows.js';

const test = anyTest.serial as TestFn;

const CHANNELS = 4;
const NUM_SAMPLES = 3;
const CELLS = 2;

test.before(async () => {
  await backends.simd.start();
});

const lengthOf = (row: readonly number[]): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));

for (const head of ['mlp', 'linear'] as const) {
  test(`${head}: rows are those of a computation in float64, of length 1`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const options: ProjectionOptions = { head, hidden: 7, dims: 5 };
    const layout = createLayout(projectionState(options, { channels: CHANNELS, side: CELLS, stages: [], state: [] }));
    const flat = initValues(layout, 1).map((value) => value + 0.1 * random.uniform(-1, 1));
    const features = normals(random, NUM_SAMPLES * CELLS * CELLS * CHANNELS);
    const actual = tf.tidy(() => {
      const values = nameValues(layout, flat);
      const rows = applyProjection(tf.tensor4d(features, [NUM_SAMPLES, CELLS, CELLS, CHANNELS]), options, values).arraySync();
      tf.dispose(values);
      return rows;
    });

    const partOf = (name: string): Float32Array => {
      const { offset, length } = layout.entries.find((entry) => entry.name === name)!;
      return flat.subarray(offset, offset + length);
    };
    const dense = (name: string, inputs: readonly number[]): number[] =>
      [...partOf(`${name}/bias`)].map((bias, o, { length }) => inputs.reduce((sum, input, i) => sum + input * partOf(`${name}/kernel`)[i * length + o]!, bias));
    const meanOf = (sample: number): number[] => Array.from({ length: CHANNELS }, (_, c) => {
      let sum = 0;
      for (let cell = 0; cell < CELLS * CELLS; cell++) sum += features[(sample * CELLS * CELLS + cell) * CHANNELS + c]!;
      return sum / (CELLS * CELLS);
    });
    for (let sample = 0; sample < NUM_SAMPLES; sample++) {
      const hidden = head === 'mlp' ? dense('head/hidden', meanOf(sample)).map((value) => Math.max(value, 0)) : meanOf(sample);
      const row = dense('head/projection', hidden);
      t.true(largestError(actual[sample]!, row.map((value) => value / lengthOf(row))) < 1e-5);
      t.true(Math.abs(lengthOf(actual[sample]!) - 1) < 1e-5);
    }
  });
}

test('norm microbatch: what goes into each ReLU is standardised over the samples that count, in float64', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const options: ProjectionOptions = { head: 'mlp', hidden: 6, hiddenLayers: 2, dims: 3, norm: 'microbatch' };
  const layout = createLayout(projectionState(options, { channels: CHANNELS, side: 1, stages: [], state: [] }));
  t.deepEqual(layout.entries.map(({ name }) => name), ['head/hidden/kernel', 'head/hidden2/kernel', 'head/projection/kernel', 'head/projection/bias']);
  const flat = initValues(layout, 2);
  const [weights, inputs] = [[1, 1, 0, 1, 1], drawRows(random, 5, CHANNELS)];
  const actual = tf.tidy(() => {
    const values = nameValues(layout, flat);
    const rows = projectRows(tf.tensor2d(inputs), options, values, tf.tensor1d(weights)).arraySync();
    tf.dispose(values);
    return rows;
  });

  const multiply = (rows: Rows, name: string): Rows => {
    const { offset, shape: [numInputs = 0, numOutputs = 0] } = layout.entries.find((entry) => entry.name === `head/${name}/kernel`)!;
    return rows.map((row) => Array.from({ length: numOutputs }, (_, o) => dot(row, Array.from({ length: numInputs }, (__, i) => flat[offset + i * numOutputs + o]!))));
  };
  const used = inputs.filter((_, i) => weights[i] === 1);
  const activate = (rows: Rows): Rows => {
    const covariance = covarianceOf(rows, rows.length);
    return rows.map((row) => row.map((value, d) => Math.max(0, (value - rows.reduce((sum, each) => sum + each[d]!, 0) / rows.length) / Math.sqrt(covariance[d]![d]! + 1e-3))));
  };
  const expected = multiply(activate(multiply(activate(multiply(used, 'hidden')), 'hidden2')), 'projection');
  t.true(largestError(actual.filter((_, i) => weights[i] === 1).flat(), expected.flat()) < 1e-4);
});

test('a row of zeros stays one, and its gradient is finite', (t) => {
  const [rows, gradient] = tf.tidy(() => {
    const zeros = tf.zeros<tf.Rank.R2>([1, 3]);
    return [toUnitRows(zeros).dataSync(), tf.grad((x) => tf.sum(toUnitRows(x as tf.Tensor2D)))(zeros).dataSync()];
  });
  t.deepEqual([...rows], [0, 0, 0]);
  t.true(gradient.every(Number.isFinite));
});
