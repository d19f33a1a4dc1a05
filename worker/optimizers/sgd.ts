// Stochastic gradient descent with momentum, heavy-ball or Nesterov, and weight decay added to the gradient.

import { weightedSum } from '../backends/ops.js';
import type { Optimizer } from './optimizer.js';
import type { SgdOptions } from './options/sgd.js';

/** velocity = momentum * velocity + gradient; parameter -= learningRate * velocity. */
export const sgd: Optimizer<SgdOptions> = {
  update({ parameter, slots: [velocity] }, gradient, options, { learningRate, momentum = options.momentum, decay }) {
    const isDecayed = decay && options.weightDecay > 0;
    const slope = isDecayed ? weightedSum(gradient, 1, parameter, options.weightDecay) : gradient;
    const next = weightedSum(velocity!, momentum, slope, 1);
    const direction = options.nesterov ? weightedSum(slope, 1, next, momentum) : next;
    return { parameter: weightedSum(parameter, 1, direction, -learningRate), slots: [next] };
  },
};
