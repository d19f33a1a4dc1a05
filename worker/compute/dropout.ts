// Dropout whose mask depends on the microbatch alone, so that any worker draws the same one.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import { sizeOf } from '../../shared/state/spec.js';

/** Silences each number with probability `share` and scales the rest by 1 / (1 - share). Owns nothing. */
export function dropOut<T extends Tensor>(inputs: T, share: number, random: Random): T {
  if (share === 0) return inputs;
  const kept = 1 / (1 - share);
  const mask = Float32Array.from({ length: sizeOf(inputs.shape) }, () => (random.chance(share) ? 0 : kept));
  return tf.mul(inputs, tf.tensor(mask, inputs.shape));
}
