// Cases of the operations that worker/backends/ops.ts adds to those of tfjs.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { normaliseBytes, normaliseGroups, softmaxCrossEntropy, standardizeWeights, updateAdam, weightedSum } from '../../../../worker/backends/ops.js';
import * as reference from '../reference.js';
import type { Numbers } from '../reference.js';
import type { Case } from './case.js';

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

const FIVE = { mean: [0, 0.1, 0.25, 0.5, 1], deviation: [1, 0.5, 0.25, 0.125, 2] };

const normalisingCases: readonly Case[] = [
  {
    title: 'normaliseBytes',
    shapes: [],
    run: () => normaliseBytes(bytes, [257, 1, 3]),
    expect: () => reference.fill([257, 1, 3], ([i = 0, , c = 0]) => (bytes[3 * i + c]! / 255 - channels[c]![0]) / channels[c]![1]),
    hasGradient: false,
  },
  {
    title: 'normaliseBytes of five channels',
    shapes: [],
    run: () => normaliseBytes(bytes.subarray(0, 5 * 51), [51, 5], FIVE),
    expect: () => reference.fill([51, 5], ([i = 0, c = 0]) => (bytes[5 * i + c]! / 255 - FIVE.mean[c]!) / FIVE.deviation[c]!),
    hasGradient: false,
  },
  ...([[3, 35, 12, 3], [9, 1, 8, 1], [1, 50, 6, 6], [2, 7, 5, 1], [1, 3100, 8, 2]] as const).flatMap(([N, P, C, G]) =>
    [false, true].map((relu): Case => ({
      title: `normaliseGroups of [${N},${P},${C}] in ${G} groups${relu ? ', ReLU' : ''}`,
      shapes: [[N, P, C], [C], [C]],
      run: (x, scale, shift) => normaliseGroups(x as Tensor3D, { scaleC: scale as Tensor1D, shiftC: shift as Tensor1D }, G, { epsilon: 1e-5, relu }),
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

export const fusedCases: readonly Case[] = [...normalisingCases, ...sumCases, ...adamCases];
