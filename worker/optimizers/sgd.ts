// Stochastic gradient descent with momentum, heavy-ball or Nesterov, and weight decay added to the gradient.

import { z } from 'zod';
import { weightedSum } from '../backends/ops.js';
import type { Optimizer } from './optimizer.js';

const options = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last velocity that is kept, 0..1; one-cycle overrides it.'),
  nesterov: z.boolean().default(false).describe('Look one velocity ahead (Sutskever et al. 2013).'),
  weightDecay: z.number().min(0).default(5e-4).describe('Times the parameter, added to its gradient; not on biases and normalisation.'),
});

export type SgdOptions = z.output<typeof options>;

/** velocity = momentum * velocity + gradient; parameter -= learningRate * velocity. */
export const sgd: Optimizer<SgdOptions> = {
  options,
  slots: ['velocity'],
  update(parameter, gradient, [velocity], options, { learningRate, momentum = options.momentum, decay }) {
    const isDecayed = decay && options.weightDecay > 0;
    const slope = isDecayed ? weightedSum(gradient, 1, parameter, options.weightDecay) : gradient;
    const next = weightedSum(velocity!, momentum, slope, 1);
    const direction = options.nesterov ? weightedSum(slope, 1, next, momentum) : next;
    return { parameter: weightedSum(parameter, 1, direction, -learningRate), slots: [next] };
  },
};
