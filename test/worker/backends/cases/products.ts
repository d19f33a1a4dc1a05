// Cases of convolutions and matrix products.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as reference from '../reference.js';
import type { Case } from './case.js';

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

export const productCases: readonly Case[] = [...convolutionCases, ...depthwiseCases, ...matmulCases(), longProduct, ...extremeProducts];
