import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { EPSILON, normaliseGroups } from '../../../worker/models/normalisation.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';

interface Case {
  readonly n: number;
  readonly p: number;
  readonly c: number;
  readonly groups: number;
}

/** Float64, straight from the definition. */
function reference({ n, p, c, groups }: Case, x: ArrayLike<number>, scale: ArrayLike<number>, shift: ArrayLike<number>): Float64Array {
  const k = c / groups;
  const outputs = new Float64Array(n * p * c);
  for (let i = 0; i < n; i++) {
    for (let g = 0; g < groups; g++) {
      const places: number[] = [];
      for (let q = 0; q < p; q++) for (let j = 0; j < k; j++) places.push((i * p + q) * c + g * k + j);
      const mean = places.reduce((sum, at) => sum + x[at]!, 0) / places.length;
      const variance = places.reduce((sum, at) => sum + (x[at]! - mean) ** 2, 0) / places.length;
      for (const at of places) outputs[at] = ((x[at]! - mean) / Math.sqrt(variance + EPSILON)) * scale[at % c]! + shift[at % c]!;
    }
  }
  return outputs;
}

const differentiate = (values: Float64Array, lossOf: () => number): Float64Array =>
  values.map((value, i) => {
    const step = 1e-5;
    values[i] = value + step;
    const above = lossOf();
    values[i] = value - step;
    const below = lossOf();
    values[i] = value;
    return (above - below) / (2 * step);
  });

const matches = test.macro({
  title: (_title, { n, p, c, groups }: Case) => `${n}x${p}x${c} in ${groups} groups: values and gradients match float64 from the definition`,
  exec(t, shape: Case) {
    const { n, p, c, groups } = shape;
    const { random, seed } = freshRandom();
    t.log({ seed });
    const x = Float64Array.from(normals(random, n * p * c), (value) => 3 * value + 2);
    const scale = Float64Array.from(normals(random, c));
    const shift = Float64Array.from(normals(random, c));
    const weights = normals(random, n * p * c);
    const lossOf = (): number => reference(shape, x, scale, shift).reduce((sum, value, i) => sum + value * weights[i]!, 0);

    const numTensors = tf.memory().numTensors;
    const actual = tf.tidy(() => {
      const inputs: [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D] = [tf.tensor3d(Float32Array.from(x), [n, p, c]), tf.tensor1d([...scale]), tf.tensor1d([...shift])];
      const run = (a: tf.Tensor, b: tf.Tensor, d: tf.Tensor): tf.Tensor =>
        normaliseGroups(a as tf.Tensor3D, b as tf.Tensor1D, d as tf.Tensor1D, groups);
      const values = run(...inputs).dataSync();
      const gradients = tf.grads((a, b, d) => tf.sum(tf.mul(run(a, b, d), tf.tensor3d(weights, [n, p, c]))))(inputs);
      return [values, ...gradients.map((gradient) => gradient.dataSync())];
    });
    t.is(tf.memory().numTensors, numTensors);

    // Float32 sums of up to 200 terms: a few 1e-6 relative to the largest term.
    t.true(largestError(actual[0]!, reference(shape, x, scale, shift)) < 2e-5);
    t.true(largestError(actual[1]!, differentiate(x, lossOf)) < 1e-4);
    t.true(largestError(actual[2]!, differentiate(scale, lossOf)) < 1e-4);
    t.true(largestError(actual[3]!, differentiate(shift, lossOf)) < 1e-4);
  },
});

test.before(() => tf.setBackend('cpu'));

test(matches, { n: 1, p: 5, c: 3, groups: 1 });
test(matches, { n: 3, p: 7, c: 6, groups: 2 });
test(matches, { n: 2, p: 9, c: 4, groups: 4 });
test(matches, { n: 1, p: 21, c: 5, groups: 5 });
