// Adam with decoupled weight decay (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization").

import { z } from 'zod';
import { updateAdam } from '../backends/ops.js';
import type { Optimizer } from './optimizer.js';
import { power } from './power.js';

const options = z.strictObject({
  beta1: z.number().min(0).lt(1).default(0.9).describe('Share of the mean gradient that is kept each step, 0..1; one-cycle overrides it.'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('Share of the mean squared gradient that is kept each step, 0..1.'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of the mean square, in units of the gradient.'),
  weightDecay: z.number().min(0).default(0.01).describe('Times learning rate and parameter, taken off it; not on biases and normalisation.'),
});

export type AdamwOptions = z.output<typeof options>;

/** `mean` and `square` are the paper's m and v, uncorrected. */
export const adamw: Optimizer<AdamwOptions> = {
  options,
  slots: ['mean', 'square'],
  update(parameter, gradient, [mean, square], options, { step, learningRate, momentum: beta1 = options.beta1, decay }) {
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
