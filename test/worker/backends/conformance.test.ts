// One suite for every backend of the registry: values against float64, gradients against finite differences of the float64
// definition, the same bits twice, no tensor left over.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import type { Backend } from '../../../worker/backends/backend.js';
import { backends } from '../../../worker/backends/index.js';
import { cases } from './cases.js';
import type { Case } from './cases.js';
import type { Numbers } from './reference.js';

/** Of the largest number: a sum of a few hundred products in float32 is good to a few units in the seventh digit. */
const VALUE_TOLERANCE = 3e-6;
const GRADIENT_TOLERANCE = 2e-5;
const DIFFERENCE_STEP = 1e-6;
/** Elements of each input whose derivative is checked. */
const NUM_SAMPLES = 10;

/** Fresh inputs that float32 holds exactly, so that both sides start from the same numbers. */
function createInputs({ title, shapes, range = [-1, 1] }: Case): Numbers[] {
  return shapes.map((shape, sample) => {
    const random = createRandom({ seed: 7, epoch: 0, sample, purpose: title });
    const length = shape.reduce((product, extent) => product * extent, 1);
    return { shape, data: Float64Array.from({ length }, () => Math.fround(random.uniform(range[0], range[1]))) };
  });
}

const toTensor = ({ shape, data }: Numbers): Tensor => tf.tensor(Float32Array.from(data), [...shape]);

function findLargestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // Not written with Math.max, so that a NaN counts as an error.
    if (!(difference <= error)) error = difference;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error / largest;
}

/** Derivative of the weighted sum of the result by one element of one input, in float64. */
function differentiate(expect: Case['expect'], inputs: readonly Numbers[], weights: Numbers, input: number, element: number): number {
  const moved = (step: number): number => {
    const data = inputs[input]!.data.slice();
    data[element]! += step;
    const result = expect(...inputs.with(input, { ...inputs[input]!, data }));
    return result.data.reduce((total, value, i) => total + value * weights.data[i]!, 0);
  };
  return (moved(DIFFERENCE_STEP) - moved(-DIFFERENCE_STEP)) / (2 * DIFFERENCE_STEP);
}

function checkGradients(check: Case, inputs: readonly Numbers[], shape: readonly number[]): number {
  const weights = createInputs({ ...check, title: `weights of ${check.title}`, shapes: [shape], range: [-1, 1] })[0]!;
  const gradients = tf.tidy(() => {
    const weigh = (...tensors: Tensor[]): Scalar => tf.sum(tf.mul(check.run(...tensors), toTensor(weights)));
    return tf.grads(weigh)(inputs.map(toTensor)).map((gradient) => gradient.dataSync() as Float32Array);
  });
  let worst = 0;
  gradients.forEach((gradient, input) => {
    const random = createRandom({ seed: 8, epoch: 0, sample: input, purpose: check.title });
    const elements = Array.from({ length: NUM_SAMPLES }, () => random.int(gradient.length));
    const expected = elements.map((element) => differentiate(check.expect, inputs, weights, input, element));
    // Relative to the largest derivative of this input, not to the largest of the sample.
    const scale = gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
    elements.forEach((element, i) => {
      const error = Math.abs(gradient[element]! - expected[i]!) / scale;
      if (!(error <= worst)) worst = error;
    });
  });
  return worst;
}

const conforms = test.macro((t, check: Case) => {
  const before = tf.memory().numTensors;
  const inputs = createInputs(check);
  const run = (): { readonly shape: readonly number[]; readonly data: Float32Array } =>
    tf.tidy(() => {
      const result = check.run(...inputs.map(toTensor));
      return { shape: result.shape, data: result.dataSync() as Float32Array };
    });
  const actual = run();
  const expected = check.expect(...inputs);
  t.deepEqual(actual.shape, expected.shape);
  const error = findLargestError(actual.data, expected.data);
  t.true(error <= VALUE_TOLERANCE, `values differ by ${error}`);
  t.deepEqual(run().data, actual.data, 'a second run gave other bits');
  if (check.hasGradient ?? true) {
    const gradientError = checkGradients(check, inputs, expected.shape);
    t.true(gradientError <= GRADIENT_TOLERANCE, `gradients differ by ${gradientError}`);
  }
  t.is(tf.memory().numTensors, before, 'tensors are left over');
});

/** The same backend on the other compilation of its kernels, without the native ones where they are built. */
const simdWithoutFma: Backend = {
  ...backends.simd,
  async start(options) {
    Object.assign(process.env, { PRETEXT_FMA: '0', PRETEXT_NATIVE: '0' });
    const started = await backends.simd.start(options);
    delete process.env.PRETEXT_FMA;
    delete process.env.PRETEXT_NATIVE;
    return started;
  },
};

for (const [name, backend] of Object.entries({ ...backends, 'simd without FMA': simdWithoutFma })) {
  const result = await backend.probe();
  if (!result.available) {
    test(`${name} conforms`, (t) => {
      t.log(`SKIPPED: ${result.reason}. ${result.remedy}`);
      t.pass();
    });
    continue;
  }
  test.serial(`${name} starts`, async (t) => {
    const { kind } = await backend.start();
    t.true(kind.startsWith(name.split(' ')[0]!));
  });
  for (const check of cases) test.serial(`${name}: ${check.title}`, conforms, check);
}
