// The cases of the conformance suite: an op on inputs of odd shapes, and its float64 definition.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Case } from './cases/case.js';
import { fusedCases } from './cases/fused.js';
import { productCases } from './cases/products.js';
import * as reference from './reference.js';
import type { Geometry } from './reference.js';

function unaryCase(name: string, run: (x: Tensor) => Tensor, f: (x: number) => number, options: Partial<Case> = {}): Case {
  return { title: name, shapes: [[3, 7, 5]], run: (x) => run(x), expect: reference.unary(f), ...options };
}

const unaryCases: readonly Case[] = [
  unaryCase('relu', tf.relu, (x) => Math.max(0, x)),
  unaryCase('neg', tf.neg, (x) => -x),
  unaryCase('square', tf.square, (x) => x * x),
  unaryCase('sqrt', tf.sqrt, Math.sqrt, { range: [0.1, 4] }),
  unaryCase('rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), { range: [0.1, 4] }),
  unaryCase('exp', tf.exp, Math.exp, { range: [-5, 5] }),
  unaryCase('exp of a wide range', tf.exp, Math.exp, { range: [-80, 80], hasGradient: false }),
  unaryCase('log', tf.log, Math.log, { range: [0.1, 9] }),
  unaryCase('abs', tf.abs, Math.abs),
  unaryCase('reciprocal', tf.reciprocal, (x) => 1 / x, { range: [0.5, 2] }),
  unaryCase('sigmoid', tf.sigmoid, (x) => 1 / (1 + Math.exp(-x)), { range: [-9, 9] }),
  unaryCase('tanh', tf.tanh, Math.tanh, { range: [-4, 4] }),
  unaryCase('tanh near zero', tf.tanh, Math.tanh, { range: [-0.06, 0.06] }),
  unaryCase('step', tf.step, (x) => (x > 0 ? 1 : 0), { hasGradient: false }),
  unaryCase('clip', (x) => tf.clipByValue(x, -0.3, 0.4), (x) => Math.min(0.4, Math.max(-0.3, x))),
  unaryCase('square of more than a chunk', tf.square, (x) => x * x, { shapes: [[16387]], hasGradient: false }),
];

const binaryShapes: readonly (readonly (readonly number[])[])[] = [
  [[2, 3, 5, 7], [2, 3, 5, 7]],
  [[2, 3, 5, 7], [7]],
  [[2, 3, 5, 7], []],
  [[], [6]],
  [[2, 3, 5, 7], [2, 1, 1, 7]],
  [[2, 1, 5, 1], [2, 3, 1, 7]],
  [[2, 6, 3, 4], [2, 1, 3, 1]],
  [[5, 1], [1, 9]],
  [[1], [1]],
  [[2, 1, 3, 1, 2, 1], [1, 3, 1, 2, 1, 2]],
];

function binaryCases(name: string, run: (a: Tensor, b: Tensor) => Tensor, f: (a: number, b: number) => number): Case[] {
  return binaryShapes.map((shapes) => ({
    title: `${name} of [${shapes[0]!.join()}] and [${shapes[1]!.join()}]`,
    shapes,
    range: name === 'div' ? [0.5, 2] : [-1, 1],
    run: (a, b) => run(a, b),
    expect: reference.binary(f),
  }));
}

function resizeCase(x: readonly number[], size: [number, number], alignCorners: boolean, halfPixelCenters: boolean): Case {
  return {
    title: `resizeBilinear of [${x.join()}] to [${size.join()}]${alignCorners ? ', corners aligned' : ''}${halfPixelCenters ? ', half-pixel centres' : ''}`,
    shapes: [x],
    run: (images) => tf.image.resizeBilinear(images as Tensor4D, size, alignCorners, halfPixelCenters),
    expect: reference.resizeBilinear(size, alignCorners, halfPixelCenters),
    // tfjs's JavaScript has a gradient of square images and without half-pixel centres only; simd.test.ts has the others.
    hasGradient: !halfPixelCenters && x[1] === x[2],
  };
}

const resizeCases: readonly Case[] = [
  resizeCase([2, 5, 7, 3], [9, 4], false, false),
  resizeCase([2, 5, 7, 3], [9, 4], true, false),
  resizeCase([2, 5, 7, 3], [9, 4], false, true),
  resizeCase([2, 6, 6, 3], [9, 4], false, false),
  resizeCase([1, 8, 8, 4], [3, 1], true, false),
  resizeCase([1, 1, 3, 5], [4, 3], false, true),
];

function poolCases(): Case[] {
  const all: readonly Geometry[] = [
    { size: 2, stride: 2, pad: 'same' },
    { size: 3, stride: 2, pad: 'same' },
    { size: 3, stride: 1, pad: 'valid' },
    { size: 2, stride: 3, pad: 'valid' },
  ];
  return all.flatMap((geometry) => {
    const { size, stride, pad } = geometry;
    const title = `of windows of ${size}, stride ${stride}, pad ${pad}`;
    const shapes = [[2, 7, 6, 5]];
    return [
      { title: `maxPool ${title}`, shapes, run: (x: Tensor) => tf.maxPool(x as Tensor4D, size, stride, pad), expect: reference.pool(geometry, (values) => Math.max(...values)) },
      // tfjs's JavaScript divides the gradient of padded windows by their whole size; simd.test.ts has that case.
      { title: `avgPool ${title}`, shapes, run: (x: Tensor) => tf.avgPool(x as Tensor4D, size, stride, pad), expect: reference.pool(geometry, reference.mean), hasGradient: pad === 'valid' },
    ] as Case[];
  });
}

function reduceCases(): Case[] {
  const axes = [[0], [3], [1, 2], [0, 1, 2], [0, 2], [1, 3], [0, 1, 2, 3]];
  const shapes = [[3, 4, 5, 6]];
  return axes.flatMap((axis): Case[] => [
    { title: `sum over [${axis.join()}]`, shapes, run: (x) => tf.sum(x, axis), expect: reference.reduce(axis, reference.sum) },
    { title: `mean over [${axis.join()}], kept`, shapes, run: (x) => tf.mean(x, axis, true), expect: reference.reduce(axis, reference.mean, true) },
    { title: `max over [${axis.join()}]`, shapes, run: (x) => tf.max(x, axis), expect: reference.reduce(axis, (values) => Math.max(...values)) },
    { title: `min over [${axis.join()}]`, shapes, run: (x) => tf.min(x, axis), expect: reference.reduce(axis, (values) => Math.min(...values)) },
  ]).concat([
    { title: 'sum over many rows', shapes: [[5000, 19]], run: (x) => tf.sum(x, 0), expect: reference.reduce([0], reference.sum), hasGradient: false },
    { title: 'softmax', shapes: [[4, 11]], range: [-6, 6], run: (x) => tf.softmax(x), expect: reference.softmax },
    { title: 'softmax of a stack', shapes: [[2, 3, 5, 7]], range: [-6, 6], run: (x) => tf.softmax(x), expect: reference.softmax },
    { title: 'logSoftmax', shapes: [[4, 11]], range: [-6, 6], run: (x) => tf.logSoftmax(x), expect: reference.logSoftmax },
    {
      title: 'argMax',
      shapes: [[4, 6, 3]],
      run: (x) => tf.cast(tf.argMax(x, 1), 'float32'),
      expect: reference.reduce([1], (values) => values.indexOf(Math.max(...values))),
      hasGradient: false,
    },
  ]);
}

function sliceCase(shape: readonly number[], begin: readonly number[], size: readonly number[]): Case {
  return {
    title: `slice of [${shape.join()}] from [${begin.join()}], size [${size.join()}]`,
    shapes: [shape],
    run: (x) => tf.slice(x, [...begin], [...size]),
    expect: reference.move(size, (index) => index.map((at, d) => at + begin[d]!)),
  };
}

/** Along an axis with nothing before it: one after another. */
function joinCase(title: string, shapes: readonly (readonly number[])[], axis: number, shape: readonly number[]): Case {
  return {
    title,
    shapes,
    run: (...parts) => tf.concat(parts, axis),
    expect: (...parts) => ({ shape, data: Float64Array.from(parts.flatMap(({ data }) => [...data])) }),
  };
}

const flatSizes = Array.from({ length: 41 }, (_, i) => [1, 7, 64, 3, 130][i % 5]!);

const movementCases: readonly Case[] = [
  sliceCase([301], [17], [131]),
  sliceCase([301], [300], [1]),
  sliceCase([5, 3, 4], [2, 0, 0], [3, 3, 4]),
  sliceCase([5, 7], [3, 2], [1, 4]),
  sliceCase([5, 7], [1, 2], [3, 5]),
  joinCase('concat of 41 flat tensors', flatSizes.map((size) => [size]), 0, [flatSizes.reduce((sum, size) => sum + size, 0)]),
  joinCase('concat of rows', [[3, 5], [1, 5], [4, 5]], 0, [8, 5]),
  joinCase('concat after an axis of 1', [[1, 2, 3], [1, 4, 3]], -2, [1, 6, 3]),
  { title: 'transpose', shapes: [[2, 3, 4, 5]], run: (x) => tf.transpose(x, [3, 1, 0, 2]), expect: reference.move([5, 3, 2, 4], ([i = 0, j = 0, k = 0, l = 0]) => [k, j, l, i]) },
  { title: 'transpose of five axes', shapes: [[2, 3, 4, 2, 5]], run: (x) => tf.transpose(x, [2, 0, 3, 1, 4]), expect: reference.move([4, 2, 2, 3, 5], ([i = 0, j = 0, k = 0, l = 0, m = 0]) => [j, l, i, k, m]) },
  { title: 'transpose of six axes', shapes: [[2, 3, 2, 2, 3, 2]], run: (x) => tf.transpose(x, [5, 4, 3, 2, 1, 0]), expect: reference.move([2, 3, 2, 2, 3, 2], (index) => [...index].reverse()) },
  { title: 'slice', shapes: [[4, 5, 6]], run: (x) => tf.slice(x, [1, 0, 2], [2, 5, 3]), expect: reference.move([2, 5, 3], ([i = 0, j = 0, k = 0]) => [i + 1, j, k + 2]) },
  { title: 'stridedSlice', shapes: [[5, 9]], run: (x) => tf.stridedSlice(x, [4, 1], [0, 9], [-2, 3]), expect: reference.move([2, 3], ([i = 0, j = 0]) => [4 - 2 * i, 1 + 3 * j]), hasGradient: false },
  { title: 'pad', shapes: [[3, 4]], run: (x) => tf.pad(x, [[1, 2], [0, 3]]), expect: reference.move([6, 7], ([i = 0, j = 0]) => (i >= 1 && i < 4 && j < 4 ? [i - 1, j] : undefined)) },
  { title: 'tile', shapes: [[2, 3, 2]], run: (x) => tf.tile(x, [2, 3, 4]), expect: reference.move([4, 9, 8], ([i = 0, j = 0, k = 0]) => [i % 2, j % 3, k % 2]) },
  { title: 'broadcastTo', shapes: [[3, 1, 2]], run: (x) => tf.broadcastTo(x, [2, 3, 4, 2]), expect: reference.move([2, 3, 4, 2], ([, j = 0, , l = 0]) => [j, 0, l]) },
  { title: 'gather', shapes: [[3, 6, 2]], run: (x) => tf.gather(x, tf.tensor1d([5, 0, 5, 2], 'int32'), 1), expect: reference.move([3, 4, 2], ([i = 0, j = 0, k = 0]) => [i, [5, 0, 5, 2][j]!, k]) },
  {
    title: 'concat',
    shapes: [[2, 3, 4], [2, 5, 4]],
    run: (a, b) => tf.concat([a, b], 1),
    expect: (a, b) => reference.fill([2, 8, 4], ([i = 0, j = 0, k = 0]) => (j < 3 ? reference.get(a, [i, j, k]) : reference.get(b, [i, j - 3, k]))),
  },
  {
    title: 'stack',
    shapes: [[2, 3], [2, 3]],
    run: (a, b) => tf.stack([a, b], 1),
    expect: (a, b) => reference.fill([2, 2, 3], ([i = 0, j = 0, k = 0]) => reference.get([a, b][j]!, [i, k])),
  },
  { title: 'unstack and add', shapes: [[2, 3, 4]], run: (x) => tf.addN(tf.unstack(x, 1)), expect: reference.reduce([1], reference.sum) },
  {
    title: 'where',
    shapes: [[4, 9], [4, 9]],
    run: (a, b) => tf.where(tf.greater(a, b), a, tf.mul(b, 2)),
    expect: reference.binary((a, b) => (a > b ? a : 2 * b)),
  },
];

export const cases: readonly Case[] = [
  ...unaryCases,
  ...binaryCases('add', tf.add, (a, b) => a + b),
  ...binaryCases('sub', tf.sub, (a, b) => a - b),
  ...binaryCases('mul', tf.mul, (a, b) => a * b),
  ...binaryCases('div', tf.div, (a, b) => a / b),
  ...binaryCases('maximum', tf.maximum, Math.max),
  ...binaryCases('minimum', tf.minimum, Math.min),
  ...binaryCases('squaredDifference', tf.squaredDifference, (a, b) => (a - b) ** 2),
  ...productCases,
  ...poolCases(),
  ...resizeCases,
  ...reduceCases(),
  ...movementCases,
  ...fusedCases,
];
