// One case of the conformance suite on the current backend: values against float64, gradients against finite differences of the
// float64 definition, the same bits twice, no tensor left over.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Case } from './cases/case.js';
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

/** Derivative of `sumOf` by one element of one input, in float64. */
function differentiate(sumOf: (inputs: readonly Numbers[]) => number, inputs: readonly Numbers[], input: number, element: number): number {
  const moved = (step: number): number => {
    const data = inputs[input]!.data.slice();
    data[element]! += step;
    return sumOf(inputs.with(input, { ...inputs[input]!, data }));
  };
  return (moved(DIFFERENCE_STEP) - moved(-DIFFERENCE_STEP)) / (2 * DIFFERENCE_STEP);
}

interface Derivative {
  readonly element: number;
  readonly value: number;
}

interface Expected {
  readonly inputs: readonly Numbers[];
  readonly result: Numbers;
  /** Of the sum that gradients are taken of. */
  readonly weights: Numbers;
  /** Some for each input; none where the case has no gradient. */
  readonly derivatives: readonly (readonly Derivative[])[];
}

function compute(check: Case): Expected {
  const inputs = createInputs(check);
  const result = check.expect(...inputs);
  const weights = createInputs({ ...check, title: `weights of ${check.title}`, shapes: [result.shape], range: [-1, 1] })[0]!;
  const sumOf = (given: readonly Numbers[]): number =>
    check.expect(...given).data.reduce((total, value, i) => total + value * weights.data[i]!, 0);
  const derivatives = (check.hasGradient ?? true) ? inputs.map(({ data }, input) => {
    const random = createRandom({ seed: 8, epoch: 0, sample: input, purpose: check.title });
    const elements = Array.from({ length: NUM_SAMPLES }, () => random.int(data.length));
    return elements.map((element) => ({ element, value: differentiate(sumOf, inputs, input, element) }));
  }) : [];
  return { inputs, result, weights, derivatives };
}

/** Float64 takes longer than all backends, and is the same for all of them. */
const known = new Map<Case, Expected>();

function expectedOf(check: Case): Expected {
  const expected = known.get(check) ?? compute(check);
  known.set(check, expected);
  return expected;
}

/** What the tensors hold, which disposes them. */
async function takeAll(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  tf.dispose([...tensors]);
  return values;
}

/** Largest error of a derivative, relative to the largest derivative of its input. */
async function checkGradients(check: Case, { inputs, weights, derivatives }: Expected): Promise<number> {
  const gradients = await takeAll(tf.tidy(() => {
    const weigh = (...tensors: Tensor[]): Scalar => tf.sum(tf.mul(check.run(...tensors), toTensor(weights)));
    return tf.grads(weigh)(inputs.map(toTensor));
  }));
  let worst = 0;
  gradients.forEach((gradient, input) => {
    // Relative to the largest derivative of this input, not to the largest of the sample.
    const scale = gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
    for (const { element, value } of derivatives[input]!) {
      const error = Math.abs(gradient[element]! - value) / scale;
      if (!(error <= worst)) worst = error;
    }
  });
  return worst;
}

/** What the current backend does wrong in this case; nothing where it conforms. */
export async function checkCase(check: Case): Promise<string[]> {
  const problems: string[] = [];
  const before = tf.memory().numTensors;
  const expected = expectedOf(check);
  const { inputs, result } = expected;
  const run = async (): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array }> => {
    const tensor = tf.tidy(() => check.run(...inputs.map(toTensor)));
    const { shape } = tensor;
    return { shape, data: (await takeAll([tensor]))[0]! };
  };
  const actual = await run();
  if (actual.shape.join() !== result.shape.join()) problems.push(`shape [${actual.shape.join()}], expected [${result.shape.join()}]`);
  const error = findLargestError(actual.data, result.data);
  if (!(error <= VALUE_TOLERANCE)) problems.push(`values differ by ${error}`);
  const again = await run();
  if (!Buffer.from(again.data.buffer).equals(Buffer.from(actual.data.buffer))) problems.push('a second run gave other bits');
  if (check.hasGradient ?? true) {
    const gradientError = await checkGradients(check, expected);
    if (!(gradientError <= GRADIENT_TOLERANCE)) problems.push(`gradients differ by ${gradientError}`);
  }
  if (tf.memory().numTensors !== before) problems.push('tensors are left over');
  return problems;
}
