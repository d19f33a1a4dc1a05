// One suite for every trunk of the registry.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { sizeOf } from '../../../shared/state/spec.js';
import { backends } from '../../../worker/backends/index.js';
import { applyConvolution } from '../../../worker/models/layers.js';
import type { Statistics } from '../../../worker/models/model.js';
import { createResnetForward } from '../../../worker/models/resnet/forward.js';
import type { Architecture } from '../../../worker/models/resnet/plan.js';
import { createResnetShape } from '../../../worker/models/resnet/shape.js';
import type { ModelName } from '../../../worker/models/shapes.js';
import { modelNames, wholeModel, type WholeModel } from '../../helpers/whole.js';
import { alwaysWrong, checkGradients, freshRandom, largestError, normals, wrongGradients, type DirectionalCheck } from '../../helpers/numerics.js';

const NUM_IMAGES = 4;

/** A short ResNet of bottlenecks: the gradients of ResNet-50, without its depth. */
const bottlenecks: Architecture = { block: 'bottleneck', depths: [1, 2] };

interface Case {
  readonly model: ModelName | 'bottlenecks';
  readonly options: unknown;
  /** Height and width, odd on purpose. */
  readonly side: number;
  /** False where a model is deep and others have its parts: finite differences go through every parameter. Default true. */
  readonly gradients?: boolean;
}

const cases: readonly Case[] = [
  { model: 'convnet', options: { width: 4, stages: 3, stemStride: 1 }, side: 9 },
  { model: 'convnet', options: { width: 16, stages: 2, depth: 2, stemStride: 2 }, side: 11 },
  { model: 'convnet', options: { width: 3, stages: 2, norm: 'batch' }, side: 7 },
  { model: 'convnet', options: { width: 3, stages: 2, norm: 'none' }, side: 7 },
  { model: 'resnet18', options: { width: 4 }, side: 17 },
  { model: 'resnet18', options: { width: 2, norm: 'batch' }, side: 19 },
  { model: 'resnet18', options: { width: 4, stem: 'large' }, side: 41 },
  { model: 'resnet18', options: { width: 2, stem: 'large', padding: 'torch' }, side: 40 },
  { model: 'bottlenecks', options: { width: 2, padding: 'torch', norm: 'batch' }, side: 10 },
  { model: 'resnet34', options: { width: 2 }, side: 17, gradients: false },
  { model: 'resnet50', options: { width: 2, padding: 'torch' }, side: 18, gradients: false },
  { model: 'vit', options: { patch: 3, width: 8, depth: 5, heads: 2 }, side: 9 },
  { model: 'vit', options: { patch: 4, width: 12, depth: 1, heads: 3 }, side: 12 },
  { model: 'vit', options: { patch: 4, width: 8, depth: 2, heads: 2, learntGrid: 2, classToken: true, gelu: 'exact' }, side: 8 },
];

function build({ model: name, options: given }: Case): { model: Pick<WholeModel, 'options' | 'stages' | 'state' | 'apply'>; options: unknown } {
  const model = name === 'bottlenecks' ? { ...createResnetShape(bottlenecks), ...createResnetForward(bottlenecks) } : wholeModel(name);
  return { model, options: model.options.parse(given) };
}

function tensorsOf(model: Pick<WholeModel, 'state'>, options: unknown, seed: number): Record<string, tf.Tensor> {
  const layout = createLayout(model.state(options));
  const flat = initValues(layout, seed);
  return Object.fromEntries(
    layout.entries.map(({ name, shape, offset, length }) => [name, tf.tensor(flat.slice(offset, offset + length), [...shape])]),
  );
}

const describe = ({ model, options, side }: Case): string => `${model} ${JSON.stringify(options)} at ${side} pixels`;

test.before(async () => {
  await backends.simd.start();
});

const stagesHold = test.macro({
  title: (_title, given: Case) => `${describe(given)} gives the stages it announces, the same ones each time, and leaves no tensor`,
  exec(t, given: Case) {
    const { model, options } = build(given);
    const { random } = freshRandom();
    const inputs = tf.tensor4d(normals(random, NUM_IMAGES * given.side * given.side * 3), [NUM_IMAGES, given.side, given.side, 3]);
    const parameters = tensorsOf(model, options, 1);
    const run = (): { shape: number[]; values: Float32Array }[] =>
      tf.tidy(() =>
        model
          .apply(parameters, inputs, options, { training: false, statistics: {} })
          .map((map) => ({ shape: map.shape, values: map.dataSync<'float32'>() })),
      );
    const numTensors = tf.memory().numTensors;
    const first = run();
    t.is(tf.memory().numTensors, numTensors);
    t.deepEqual(run(), first);
    t.deepEqual(
      first.map(({ shape }) => shape),
      model.stages(options).map(({ channels, stride }) => [NUM_IMAGES, Math.ceil(given.side / stride), Math.ceil(given.side / stride), channels]),
    );
    t.true(first.every(({ values }) => values.some((value) => value > 0)));
    tf.dispose([inputs, ...Object.values(parameters)]);
  },
});

const gradientsHold = test.macro({
  title: (_title, given: Case) => `${describe(given)} has the gradients of finite differences, through every stage`,
  exec(t, given: Case) {
    const { model, options } = build(given);
    const { random, seed } = freshRandom();
    t.log({ seed });
    const inputs = tf.tensor4d(normals(random, NUM_IMAGES * given.side * given.side * 3), [NUM_IMAGES, given.side, given.side, 3]);
    const weights = model.stages(options).map(({ channels, stride }) => {
      const side = Math.ceil(given.side / stride);
      return tf.tensor(normals(random, NUM_IMAGES * side * side * channels), [NUM_IMAGES, side, side, channels]);
    });
    const lossOf = (parameters: Record<string, tf.Tensor>): tf.Scalar => {
      const maps = model.apply(parameters, inputs, options, { training: true, statistics: {} });
      const parts = maps.map((map, i) => tf.div<tf.Scalar>(tf.sum(tf.mul(map, weights[i]!)), Math.sqrt(map.size)));
      return parts.reduce((a, b) => tf.add(a, b));
    };
    const numTensors = tf.memory().numTensors;
    let steepest = 0;
    const check = (): DirectionalCheck[] => {
      const checks = checkGradients(model.state(options), lossOf, random, 3e-4);
      steepest = Math.max(steepest, ...checks.map(({ analytic }) => Math.abs(analytic)));
      return checks;
    };
    const wrong = alwaysWrong(() => {
      const checks = check();
      // Float32 losses near 1 over a step of 3e-4 leave about 1e-3 of noise.
      return wrongGradients(checks, 0.05, 4e-3);
    });
    t.deepEqual(wrong, []);
    // A direction that is drawn may lie across a gradient: others are drawn until one says something.
    for (let point = 1; point < 20 && steepest < 0.05; point++) check();
    t.true(steepest > 0.05, `${steepest}`);
    t.is(tf.memory().numTensors, numTensors);
    tf.dispose([inputs, ...weights]);
  },
});

for (const name of modelNames) {
  test(`${name} is among the cases`, (t) => {
    t.true(cases.some(({ model }) => model === name));
  });
}

for (const given of cases) {
  test(stagesHold, given);
  if (given.gradients !== false) test(gradientsHold, given);
}

test('batch norm records the mean and variance of the microbatch, and uses the running ones when it does not train', (t) => {
  const given: Case = { model: 'convnet', options: { width: 2, stages: 1, stemStride: 1, norm: 'batch' }, side: 5 };
  const { model, options } = build(given);
  const { random } = freshRandom();
  const numTensors = tf.memory().numTensors;
  const parameters = tensorsOf(model, options, 3);
  const inputs = tf.tensor4d(normals(random, 4 * 5 * 5 * 3), [4, 5, 5, 3]);
  const statistics: Statistics = {};
  const trained = tf.tidy(() => {
    const values = model.apply(parameters, inputs, options, { training: true, statistics })[0]!.dataSync();
    for (const statistic of Object.values(statistics)) tf.keep(statistic);
    return values;
  });
  const expected = tf.tidy(() => {
    const { mean, variance } = tf.moments(tf.conv2d(inputs, parameters['trunk/stage1/conv1/kernel'] as tf.Tensor4D, 1, 'same'), [0, 1, 2]);
    return [mean.dataSync(), variance.dataSync()] as const;
  });
  const [mean, variance] = [statistics['trunk/stage1/conv1/mean']!, statistics['trunk/stage1/conv1/variance']!];
  t.deepEqual(Object.keys(statistics).sort(), ['trunk/stage1/conv1/mean', 'trunk/stage1/conv1/variance']);
  t.true(largestError(mean.dataSync(), expected[0]) < 1e-5);
  t.true(largestError(variance.dataSync(), expected[1]) < 1e-5);

  const frozen = tf.tidy(() => {
    const running = { ...parameters, 'trunk/stage1/conv1/mean': mean, 'trunk/stage1/conv1/variance': variance };
    return model.apply(running, inputs, options, { training: false, statistics: {} })[0]!.dataSync();
  });
  t.true(largestError(frozen, trained) < 1e-5);
  tf.dispose([inputs, mean, variance, ...Object.values(parameters)]);
  t.is(tf.memory().numTensors, numTensors);
});

test('with group norm a sample does not depend on the others of its batch', (t) => {
  const { model, options } = build({ model: 'resnet18', options: { width: 2 }, side: 9 });
  const { random } = freshRandom();
  const parameters = tensorsOf(model, options, 1);
  const pixels = normals(random, 3 * 9 * 9 * 3);
  const last = (numImages: number): Float32Array =>
    tf.tidy(() => {
      const inputs = tf.tensor4d(pixels.slice(0, numImages * 9 * 9 * 3), [numImages, 9, 9, 3]);
      return model.apply(parameters, inputs, options, { training: true, statistics: {} }).at(-1)!.dataSync<'float32'>();
    });
  const alone = last(1);
  t.deepEqual(last(3).slice(0, alone.length), alone);
  tf.dispose(Object.values(parameters));
});

test('the small ConvNet has a few hundred thousand parameters, ResNets eleven to 24 million', (t) => {
  const count = (model: WholeModel): number =>
    model.state(model.options.parse({})).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  t.is(count(wholeModel('convnet')), 388_896);
  t.is(count(wholeModel('resnet18')), 11_168_832);
  // Torchvision's without their last layer have as many, but for the small stem.
  t.is(count(wholeModel('resnet34')), 21_276_992);
  t.is(count(wholeModel('resnet50')), 23_500_352);
});

test('a vision transformer that sees some patches only computes them alone, in the order given', (t) => {
  const { model, options } = build({ model: 'vit', options: { patch: 2, width: 8, depth: 2, heads: 2 }, side: 6 });
  const { random } = freshRandom();
  const weights = tensorsOf(model, options, 1);
  const pixels = normals(random, 6 * 6 * 3);
  const chosen = [...random.permutation(9).subarray(0, 4)];
  const visible = Float32Array.from({ length: 4 * 9 }, (_, i) => (chosen[Math.floor(i / 9)] === i % 9 ? 1 : 0));
  /** Features of the chosen patches, with the pixels of the others changed or not. */
  const read = (values: Float32Array): Float32Array => tf.tidy(() => {
    const context = { training: false, statistics: {}, visible: tf.tensor3d(visible, [1, 4, 9]) };
    const last = model.apply(weights, tf.tensor4d(values, [1, 6, 6, 3]), options, context).at(-1)!;
    t.deepEqual(last.shape, [1, 4, 1, 8]);
    return last.dataSync<'float32'>();
  });
  const patchOf = (i: number): number => 3 * Math.floor(Math.floor(i / 18) / 2) + Math.floor((Math.floor(i / 3) % 6) / 2);
  const features = read(pixels);
  t.deepEqual(read(pixels.map((value, i) => (chosen.includes(patchOf(i)) ? value : -value))), features);
  t.notDeepEqual(read(pixels.map((value, i) => (patchOf(i) === chosen[2] ? -value : value))), features);
  tf.dispose(weights);
});

test('windows padded as PyTorch does see an even map shifted by one, and an odd one as ever', (t) => {
  const layer = { name: 'c', size: 3, stride: 2, channelsIn: 1, channelsOut: 1, norm: 'none', relu: false } as const;
  const numTensors = tf.memory().numTensors;
  const convolve = (side: number, padding: 'same' | 'torch'): number[] => tf.tidy(() => {
    const map = tf.tensor4d(Float32Array.from({ length: side ** 2 }, (_, i) => i + 1), [1, side, side, 1]);
    // The weight of the middle alone.
    const kernel = tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3, 1, 1]);
    return [...applyConvolution({ ...layer, padding }, { 'c/kernel': kernel, 'c/bias': tf.zeros([1]) }, map, { training: false, statistics: {} }).dataSync()];
  });
  t.deepEqual(convolve(4, 'same'), [6, 8, 14, 16]);
  t.deepEqual(convolve(4, 'torch'), [1, 3, 9, 11]);
  t.deepEqual(convolve(5, 'torch'), convolve(5, 'same'));
  t.is(tf.memory().numTensors, numTensors);
});
