// LARS: momentum with a rate for each parameter that follows the ratio of its norm to its gradient's, for large batches
// (You, Gitman, Ginsburg 2017, "Large Batch Training of Convolutional Networks").

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { weightedSum } from '../backends/ops.js';
import type { Optimizer } from './optimizer.js';
import type { LarsOptions } from './options/lars.js';

/** Keeps a quotient finite; far below any norm that float32 training meets. */
const EPSILON = 1e-9;

const norm = (tensor: Tensor): Tensor => tf.sqrt(tf.sum(tf.mul(tensor, tensor)));

/** trust * |w| / (|g| + weightDecay * |w|), and 1 where either norm is 0. */
function trustRatio(parameter: Tensor, gradient: Tensor, { trust, weightDecay }: LarsOptions): Tensor {
  const parameterNorm = norm(parameter);
  const gradientNorm = norm(gradient);
  const resistance = tf.add(gradientNorm, tf.add(tf.mul(parameterNorm, weightDecay), EPSILON));
  const isUsable = tf.greater(tf.mul(parameterNorm, gradientNorm), 0);
  return tf.where(isUsable, tf.div(tf.mul(parameterNorm, trust), resistance), tf.onesLike(parameterNorm));
}

/** velocity = momentum * velocity + ratio * (gradient + weightDecay * parameter); parameter -= learningRate * velocity. */
export const lars: Optimizer<LarsOptions> = {
  update({ parameter, slots: [velocity] }, gradient, options, { learningRate, momentum = options.momentum, decay }) {
    const slope = decay
      ? tf.mul(weightedSum(gradient, 1, parameter, options.weightDecay), trustRatio(parameter, gradient, options))
      : gradient;
    const next = weightedSum(velocity!, momentum, slope, 1);
    return { parameter: weightedSum(parameter, 1, next, -learningRate), slots: [next] };
  },
};
