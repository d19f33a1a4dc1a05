// Label smoothing (Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2016, "Rethinking the Inception Architecture for Computer Vision").

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What is wanted, with a share of it spread evenly over the last axis. Owns nothing. */
export function smooth<T extends Tensor>(wanted: T, share: number): T {
  if (share === 0) return wanted;
  const last = wanted.shape.length - 1;
  return tf.add<T>(tf.mul(wanted, 1 - share), tf.mul(tf.sum(wanted, last, true), share / wanted.shape[last]!));
}
