// Adam with decoupled weight decay (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization").

import { updateAdam } from '../backends/ops.js';
import type { Optimizer } from './optimizer.js';
import type { AdamwOptions } from './options/adamw.js';
import { power } from './power.js';

export const adamw: Optimizer<AdamwOptions> = {
  update({ parameter, slots: [mean, square] }, gradient, options, { step, learningRate, momentum: beta1 = options.beta1, decay }) {
    const { beta2, epsilon, weightDecay } = options;
    const coefficients = {
      beta1, beta2, epsilon,
      correction: 1 / (1 - power(beta2, step)),
      kept: decay ? 1 - learningRate * weightDecay : 1,
      stride: learningRate / (1 - power(beta1, step)),
    };
    const next = updateAdam({ parameter, mean: mean!, square: square! }, gradient, coefficients);
    return { parameter: next.parameter, slots: [next.mean, next.square] };
  },
};
