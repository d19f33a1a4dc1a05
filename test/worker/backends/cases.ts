// The cases of the conformance suite: an op on inputs of odd shapes, and its float64 definition.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { normaliseBytes, normaliseGroups, softmaxCrossEntropy, standardizeWeights, updateAdam, weightedSum } from '../../../worker/backends/ops.js';
import * as reference from './reference.js';
import type { Geometry, Numbers, Reference } from './reference.js';

export interface Case {
  readonly title: string;
  readonly shapes: readonly (readonly number[])[];
  /** Inputs are uniform in this range. Default -1 to 1. */
  readonly range?: readonly [number, number];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly expect: Reference;
  /** Default true: the gradients are compared with finite differences too. */
  readonly hasGradient?: boolean;
}

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

function convolutionCase(x: readonly number[], filter: readonly number[], stride: number, pad: 'same' | 'valid' | number): Case {
  return {
    title: `conv2d of [${x.join()}] by [${filter.join()}], stride ${stride}, pad ${pad}`,
    shapes: [x, filter],
    run: (input, weights) => tf.conv2d(input as Tensor4D, weights as Tensor4D, stride, pad),
    expect: reference.conv2d({ stride, pad }),
    hasGradient: x[0]! * x[1]! * x[2]! * x[3]! < 4000,
  };
}

const convolutionCases: readonly Case[] = [
  convolutionCase([2, 7, 5, 3], [3, 3, 3, 9], 1, 'same'),
  convolutionCase([1, 6, 9, 8], [3, 3, 8, 16], 2, 'same'),
  convolutionCase([3, 8, 8, 5], [3, 3, 5, 7], 2, 'same'),
  convolutionCase([2, 9, 7, 4], [3, 3, 4, 5], 2, 'valid'),
  convolutionCase([2, 7, 8, 4], [1, 1, 4, 11], 1, 'same'),
  convolutionCase([2, 7, 8, 4], [1, 1, 4, 3], 2, 'same'),
  convolutionCase([1, 11, 13, 3], [7, 7, 3, 8], 2, 'same'),
  convolutionCase([1, 9, 10, 2], [5, 5, 2, 3], 3, 1),
  convolutionCase([2, 10, 9, 1], [2, 2, 1, 1], 1, 'same'),
  convolutionCase([1, 4, 5, 2], [3, 3, 2, 3], 1, 2),
  convolutionCase([1, 1, 1, 6], [3, 3, 6, 4], 1, 'same'),
  convolutionCase([1, 8, 8, 3], [2, 2, 3, 4], 4, 'same'),
  convolutionCase([2, 12, 13, 2], [3, 3, 2, 5], 1, 'same'),
  // One image row of a window is longer than a pass over the summed dimension.
  convolutionCase([1, 5, 6, 300], [3, 3, 300, 10], 1, 'same'),
  convolutionCase([1, 4, 4, 130], [3, 3, 130, 20], 1, 'same'),
  convolutionCase([2, 20, 20, 16], [3, 3, 16, 24], 1, 'same'),
  // Tiles of 2x2 outputs, with sides that they do not divide, and more tiles than a block has.
  convolutionCase([2, 9, 7, 16], [3, 3, 16, 24], 1, 'same'),
  convolutionCase([1, 10, 13, 24], [3, 3, 24, 16], 1, 'valid'),
  convolutionCase([3, 8, 8, 16], [3, 3, 16, 16], 1, 2),
  { ...convolutionCase([1, 30, 34, 64], [3, 3, 64, 16], 1, 'same'), hasGradient: false },
];

function matmulCases(): Case[] {
  const sizes = [[1, 1, 1], [13, 9, 7], [5, 8, 16], [4, 17, 300], [33, 24, 900], [60, 62, 301], [124, 127, 40]] as const;
  const flags = [[false, false], [true, false], [false, true], [true, true]] as const;
  return flags.flatMap(([transposeA, transposeB]) => [
    ...sizes.map(([M, N, K]) => ({ M, N, K, stackA: [], stackB: [] })),
    { M: 3, N: 5, K: 4, stackA: [2, 3], stackB: [2, 3] },
    { M: 3, N: 5, K: 4, stackA: [2, 3], stackB: [1, 3] },
  ].map(({ M, N, K, stackA, stackB }): Case => ({
    title: `matMul of ${M}x${N}x${K}, stacks [${stackA.join()}] and [${stackB.join()}], transposed ${transposeA}, ${transposeB}`,
    shapes: [[...stackA, ...(transposeA ? [K, M] : [M, K])], [...stackB, ...(transposeB ? [N, K] : [K, N])]],
    run: (a, b) => tf.matMul(a, b, transposeA, transposeB),
    expect: reference.matmul(transposeA, transposeB),
    hasGradient: K < 100,
  })));
}

/** A sum as long as those of filters' gradients, which lie in memory as here. */
const longProduct: Case = {
  title: 'matMul of 6x10x5001, transposed true, false',
  shapes: [[5001, 6], [5001, 10]],
  run: (a, b) => tf.matMul(a, b, true, false),
  expect: reference.matmul(true, false),
  hasGradient: false,
};

/** Numbers of the size of late gradients and of a run that has gone wrong: float16 holds neither. */
const extremeProducts: readonly Case[] = [1e-14, 1e14].map((most): Case => ({
  title: `matMul of 11x6x20, numbers up to ${most}`,
  shapes: [[11, 20], [20, 6]],
  range: [-most, most],
  run: (a, b) => tf.matMul(a, b),
  expect: reference.matmul(false, false),
  hasGradient: false,
}));

function depthwiseCase(x: readonly number[], filter: readonly number[], stride: number, pad: 'same' | 'valid' | number): Case {
  return {
    title: `depthwiseConv2d of [${x.join()}] by [${filter.join()}], stride ${stride}, pad ${pad}`,
    shapes: [x, filter],
    run: (input, weights) => tf.depthwiseConv2d(input as Tensor4D, weights as Tensor4D, stride, pad),
    expect: reference.depthwise({ stride, pad }),
  };
}

const depthwiseCases: readonly Case[] = [
  depthwiseCase([1, 5, 7, 8], [3, 3, 8, 1], 1, 'same'),
  depthwiseCase([2, 7, 6, 5], [3, 3, 5, 1], 2, 'same'),
  depthwiseCase([2, 6, 9, 3], [2, 2, 3, 2], 1, 'valid'),
  depthwiseCase([1, 9, 8, 4], [5, 5, 4, 3], 3, 1),
  depthwiseCase([3, 1, 1, 6], [3, 3, 6, 1], 1, 'same'),
  depthwiseCase([1, 8, 7, 13], [1, 1, 13, 1], 2, 'same'),
];

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

// The longest has more elements than a GPU starts threads.
const sumCases: readonly Case[] = [[1, 0.3], [9, 1], [4_200_001, 1.7]].map(([length = 0, a = 0]) => ({
  title: `weightedSum of ${length} elements, ${a} times the first`,
  shapes: [[length], [length]],
  run: (x, y) => weightedSum(x, a, y, -0.7),
  expect: reference.binary((x, y) => a * x - 0.7 * y),
  hasGradient: false,
}));

const adamCoefficients = { beta1: 0.9, beta2: 0.99, correction: 1.7, epsilon: 1e-3, kept: 0.98, stride: 0.03 };

/** New parameter, mean and square, one after the other. */
function updateInFloat64(p: Numbers, g: Numbers, m: Numbers, v: Numbers): Numbers {
  const { beta1, beta2, correction, epsilon, kept, stride } = adamCoefficients;
  const mean = m.data.map((value, i) => beta1 * value + (1 - beta1) * g.data[i]!);
  const square = v.data.map((value, i) => beta2 * value + (1 - beta2) * g.data[i]! ** 2);
  const parameter = p.data.map((value, i) => kept * value - (stride * mean[i]!) / (Math.sqrt(correction * square[i]!) + epsilon));
  return { shape: [3 * p.data.length], data: Float64Array.from([...parameter, ...mean, ...square]) };
}

const adamCases: readonly Case[] = [1, 6, 16_391].map((length) => ({
  title: `updateAdam of ${length} parameters`,
  shapes: [[length], [length], [length], [length]],
  range: [0.1, 1],
  run(parameter: Tensor, gradient: Tensor, mean: Tensor, square: Tensor) {
    const next = updateAdam({ parameter, mean, square }, gradient, adamCoefficients);
    return tf.concat([next.parameter, next.mean, next.square]);
  },
  expect: (...inputs) => updateInFloat64(...(inputs as [Numbers, Numbers, Numbers, Numbers])),
  hasGradient: false,
}));

const probabilities: Numbers = reference.softmax(reference.fill([5, 7], ([i = 0, j = 0]) => Math.sin(3 * i + 5 * j)));

/** Every byte in every channel; they fill no whole number of int32. */
const bytes = Uint8Array.from({ length: 3 * 257 }, (_, i) => i % 256);
const channels = [[0.485, 0.229], [0.456, 0.224], [0.406, 0.225]] as const;

const fusedCases: readonly Case[] = [
  {
    title: 'normaliseBytes',
    shapes: [],
    run: () => normaliseBytes(bytes, [257, 1, 3]),
    expect: () => reference.fill([257, 1, 3], ([i = 0, , c = 0]) => (bytes[3 * i + c]! / 255 - channels[c]![0]) / channels[c]![1]),
    hasGradient: false,
  },
  ...([[3, 35, 12, 3], [9, 1, 8, 1], [1, 50, 6, 6], [2, 7, 5, 1], [1, 3100, 8, 2]] as const).flatMap(([N, P, C, G]) =>
    [false, true].map((relu): Case => ({
      title: `normaliseGroups of [${N},${P},${C}] in ${G} groups${relu ? ', ReLU' : ''}`,
      shapes: [[N, P, C], [C], [C]],
      run: (x, scale, shift) => normaliseGroups(x as Tensor3D, scale as Tensor1D, shift as Tensor1D, G, { epsilon: 1e-5, relu }),
      expect: reference.normaliseGroups(G, 1e-5, relu),
      hasGradient: P < 1000,
    })),
  ),
  { title: 'standardizeWeights', shapes: [[3, 3, 4, 7]], run: (w) => standardizeWeights(w as Tensor4D, 1e-4), expect: reference.standardizeWeights(1e-4) },
  {
    title: 'softmaxCrossEntropy',
    shapes: [[5, 7]],
    range: [-4, 4],
    run: (logits) => softmaxCrossEntropy(logits as Tensor2D, tf.tensor2d(Float32Array.from(probabilities.data), [5, 7])),
    expect: reference.softmaxCrossEntropy(probabilities),
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
  ...convolutionCases,
  ...depthwiseCases,
  ...matmulCases(),
  longProduct, ...extremeProducts,
  ...poolCases(),
  ...resizeCases,
  ...reduceCases(),
  ...movementCases,
  ...fusedCases,
  ...sumCases,
  ...adamCases,
];
