// Adam's update as one kernel of our own, which tfjs does not know: worker/backends/ops.ts calls it.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { floatBits } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Op } from '../op.js';
import { shared } from '../slots.js';
import type { AdamCoefficients } from '../../ops.js';

interface Inputs {
  readonly parameter: TensorInfo;
  readonly gradient: TensorInfo;
  readonly mean: TensorInfo;
  readonly square: TensorInfo;
}

function scalarsOf({ beta1, beta2, correction, epsilon, kept, stride }: AdamCoefficients) {
  return {
    beta1: floatBits(beta1), rest1: floatBits(1 - beta1), beta2: floatBits(beta2), rest2: floatBits(1 - beta2),
    correction: floatBits(correction), epsilon: floatBits(epsilon), kept: floatBits(kept), stride: floatBits(stride),
  };
}

export const optimizerOps = {
  Adam: defineOp((backend, { parameter, gradient, mean, square }: Inputs, coefficients: AdamCoefficients) => {
    const outputs = [parameter, mean, square].map(({ shape }) => backend.createOutput(shape));
    const count = util.sizeFromShape(parameter.shape);
    const [nextParameter, nextMean, nextSquare] = outputs.map((tensor) => backend.pointerOf(tensor)) as [number, number, number];
    backend.kernels.run('adam', Math.ceil(count / shared.CHUNK), {
      parameter: backend.pointerOf(parameter),
      gradient: backend.pointerOf(gradient),
      mean: backend.pointerOf(mean),
      square: backend.pointerOf(square),
      nextParameter, nextMean, nextSquare, count,
      ...scalarsOf(coefficients),
    });
    return outputs;
  }),
} satisfies Record<string, Op>;
