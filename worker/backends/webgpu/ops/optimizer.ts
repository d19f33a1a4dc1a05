// What optimizers are made of, as kernels that worker/backends/ops.ts calls.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamCoefficients } from '../../ops.js';
import { runMap } from '../map.js';
import { defineOp } from '../program.js';
import type { Op } from '../program.js';

type AdamInputs = Readonly<Record<'parameter' | 'gradient' | 'mean' | 'square', TensorInfo>>;

const ADAM = `
  let slope = gradient[i];
  let m = mean[i] * factors.beta1 + slope * factors.rest1;
  let v = square[i] * factors.beta2 + slope * slope * factors.rest2;
  let direction = m / (sqrt(v * factors.correction) + factors.epsilon);
  nextParameter[i] = parameter[i] * factors.kept - direction * factors.stride;
  nextMean[i] = m;
  nextSquare[i] = v;`;

export const optimizerOps = {
  Adam: defineOp((backend, { parameter, gradient, mean, square }: AdamInputs, coefficients: AdamCoefficients) => {
    const { beta1, beta2, correction, epsilon, kept, stride } = coefficients;
    return runMap(backend, {
      key: 'adam',
      inputs: { parameter, gradient, mean, square },
      outputs: ['nextParameter', 'nextMean', 'nextSquare'],
      factors: { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, correction, epsilon, kept, stride },
      code: ADAM,
    });
  }),

  WeightedSum: defineOp((backend, { x, y }: { x: TensorInfo; y: TensorInfo }, { a, b }: { a: number; b: number }) =>
    runMap(backend, {
      key: 'weightedSum', inputs: { x, y }, outputs: ['result'], factors: { a, b }, code: 'result[i] = x[i] * factors.a + y[i] * factors.b;',
    })),
} satisfies Record<string, Op>;
