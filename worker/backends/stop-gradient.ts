// Numbers that a loss sees and does not train.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same numbers, through which no gradient flows. Owns nothing. */
export function stopGradient<T extends Tensor>(x: T): T {
  return tf.customGrad((inputs) => ({ value: (inputs as Tensor).clone(), gradFunc: () => tf.zerosLike(inputs as Tensor) }))(x) as T;
}
