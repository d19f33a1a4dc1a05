// Gradients of whole models on every backend that is here, against tfjs's JavaScript kernels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import type { Backend } from '../../../worker/backends/backend.js';
import { backends } from '../../../worker/backends/index.js';
import type { ModelName } from '../../../worker/models/shapes.js';
import { modelNames, wholeModel, type WholeModel } from '../../helpers/whole.js';

const TOLERANCE = 2e-5;

function createValues(shape: readonly number[], purpose: string, bound: number): Tensor {
  const random = createRandom({ seed: 5, epoch: 0, sample: 0, purpose });
  const length = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor(Float32Array.from({ length }, () => random.uniform(-bound, bound)), [...shape]);
}

/** Gradient of a weighted sum of the last feature map by every parameter. */
function computeGradients(model: WholeModel, options: unknown): Record<string, Float32Array> {
  return tf.tidy(() => {
    const specs = model.state(options).filter(({ kind }) => kind === 'trained');
    const values = specs.map(({ name, shape }) => {
      const fanIn = shape.length === 4 ? shape[0]! * shape[1]! * shape[2]! : 4;
      return createValues(shape, name, Math.sqrt(3 / fanIn));
    });
    const images = createValues([2, 16, 16, 3], 'images', 1) as Tensor4D;
    const loss = (...tensors: Tensor[]): tf.Scalar => {
      const named = Object.fromEntries(specs.map(({ name }, i) => [name, tensors[i]!]));
      const features = model.apply(named, images, options, { training: true, statistics: {} }).at(-1)!;
      return tf.sum(tf.mul(features, createValues(features.shape, 'weights', 1)));
    };
    const gradients = tf.grads(loss)(values);
    return Object.fromEntries(specs.map(({ name }, i) => [name, gradients[i]!.dataSync() as Float32Array]));
  });
}

async function computeOn(backend: Backend, model: WholeModel, options: unknown): Promise<Record<string, Float32Array>> {
  const started = await backend.start();
  const result = computeGradients(model, options);
  await started.dispose();
  return result;
}

function findError(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  return actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0) / largest;
}

const { cpu, ...others } = backends;

/** Small ones: both normalisations where a model has a choice. */
const OPTIONS: Readonly<Record<ModelName, readonly object[]>> = {
  convnet: [{ width: 16, norm: 'group' }, { width: 16, norm: 'batch' }],
  resnet18: [{ width: 16, norm: 'group' }, { width: 16, norm: 'batch' }],
  // Of the parts of resnet18, twice as deep: roundings add up.
  resnet34: [],
  resnet50: [{ width: 2, norm: 'batch', padding: 'torch' }],
  vit: [{ patch: 4, width: 24, depth: 2, heads: 2 }, { patch: 4, width: 8, depth: 1, heads: 2, learntGrid: 4, classToken: true, gelu: 'exact' }],
};

const agrees = test.macro(async (t, backend: Backend, model: WholeModel, given: object) => {
  const options = model.options.parse(given);
  const actual = await computeOn(backend, model, options);
  const expected = await computeOn(cpu, model, options);
  for (const [parameter, gradient] of Object.entries(actual)) {
    const error = findError(gradient, expected[parameter]!);
    t.true(error <= TOLERANCE, `${parameter}: off by ${error}`);
  }
});

for (const [backendName, backend] of Object.entries<Backend>(others)) {
  const result = await backend.probe();
  if (!result.available) {
    test(`${backendName} gives the gradients of models`, (t) => {
      t.log(`SKIPPED: ${result.reason}. ${result.remedy}`);
      t.pass();
    });
    continue;
  }
  for (const name of modelNames) {
    for (const options of OPTIONS[name]) {
      test.serial(`${backendName}: ${name} ${JSON.stringify(options)} has the gradients of tfjs's own kernels`, agrees, backend, wholeModel(name), options);
    }
  }
}
