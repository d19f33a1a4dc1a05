// Targets that nothing is learnt through.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same numbers, which no gradient flows back from. Owns nothing. */
export function stopGradient<T extends Tensor>(values: T): T {
  const stop = tf.customGrad((inner) => ({ value: tf.clone(inner as Tensor), gradFunc: () => tf.zerosLike(inner as Tensor) }));
  return stop(values) as T;
}
