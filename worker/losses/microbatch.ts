// Statistics over the samples of a microbatch that can be used. Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** How many samples count; `weightsB` has a 1 for each, 0 for the others. */
export interface Counted {
  readonly weightsB1: Tensor2D;
  /** 1 at least. */
  readonly count: Scalar;
}

export function countUsable(weightsB: Tensor1D): Counted {
  return { weightsB1: tf.reshape<tf.Rank.R2>(weightsB, [-1, 1]), count: tf.maximum(tf.sum(weightsB), 1) };
}

/** Rows less their mean; zeros for the samples that do not count. Owns nothing. */
export function centreRows(rowsBD: Tensor2D, { weightsB1, count }: Counted): Tensor2D {
  const mean1D = tf.div<Tensor2D>(tf.sum(tf.mul(rowsBD, weightsB1), 0, true), count);
  return tf.mul(tf.sub(rowsBD, mean1D), weightsB1);
}

/** Rows brought to mean 0 and variance 1 in each number: batch norm by the microbatch alone. Owns nothing. */
export function standardiseRows(rowsBD: Tensor2D, counted: Counted, epsilon: number): Tensor2D {
  const centredBD = centreRows(rowsBD, counted);
  const variance1D = tf.div<Tensor2D>(tf.sum(tf.square(centredBD), 0, true), counted.count);
  return tf.mul(centredBD, tf.rsqrt(tf.add(variance1D, epsilon)));
}

/**
 * Sum of all squared covariances, the variances among them, times count squared, of centred rows: by the products of samples, which are
 * fewer than those of numbers. Owns nothing.
 */
export function sumSquaredCovariances(centredBD: Tensor2D): Scalar {
  return tf.sum(tf.square(tf.matMul(centredBD, centredBD, false, true)));
}

/** The same number for every sample, [B]. */
export const spreadOver = (value: Scalar, numSamples: number): Tensor1D => tf.mul(tf.ones<tf.Rank.R1>([numSamples]), value);
