// Adam's update as one kernel of our own, which tfjs does not know: worker/backends/ops.ts calls it.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { CHUNK } from '../job.js';
import { floatBits } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Op } from '../op.js';
import type { AdamCoefficients } from '../../ops.js';

interface Inputs {
  readonly parameter: TensorInfo;
  readonly gradient: TensorInfo;
  readonly mean: TensorInfo;
  readonly square: TensorInfo;
}

export const optimizerOps = {
  Adam: defineOp((backend, { parameter, gradient, mean, square }: Inputs, coefficients: AdamCoefficients) => {
    const { beta1, beta2, correction, epsilon, kept, stride } = coefficients;
    const outputs = [parameter, mean, square].map(({ shape }) => backend.createOutput(shape));
    const count = util.sizeFromShape(parameter.shape);
    const pointers = [parameter, gradient, mean, square, ...outputs].map((tensor) => backend.pointerOf(tensor));
    const scalars = [beta1, 1 - beta1, beta2, 1 - beta2, correction, epsilon, kept, stride].map(floatBits);
    backend.kernels.run('adam', Math.ceil(count / CHUNK), [...pointers, count, ...scalars]);
    return outputs;
  }),
} satisfies Record<string, Op>;
