// How near a picture that was made is to the one that was wanted, sample by sample. Shape letters: B samples, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Measured } from '../tasks/objective.js';

/**
 * Added to the mean square that others are a share of, in squares of normalised pixels: a flat picture's share stays finite, and
 * its weight above the least that a coordinator takes.
 */
const EPSILON = 2e-6;

const AXES = [1, 2, 3];

/** Mean square of what is wrong, [B]; with `weights`, [B, H, W, 1], that weighs each place, the weighted mean. */
export function meanSquare(madeBHWC: Tensor4D, wantedBHWC: Tensor4D, weights?: Tensor4D): Tensor1D {
  const squares = tf.squaredDifference<Tensor4D>(madeBHWC, wantedBHWC);
  if (!weights) return tf.mean(squares, AXES);
  const [, , , channels] = wantedBHWC.shape;
  return tf.div(tf.sum(tf.mul(squares, weights), AXES), tf.mul(tf.sum(weights, AXES), channels));
}

/**
 * 1 less the share of a baseline's mean square that is left: 1 where nothing is wrong, 0 where the baseline is as near. A picture counts by
 * its baseline, so that the mean is of what all have left of what all had: a flat one, which has none, would outweigh all others.
 */
export function gainOver(baselineB: Tensor1D, errorB: Tensor1D, weights: Float32Array): Measured {
  const left = tf.add<Tensor1D>(baselineB, EPSILON);
  return { perSample: tf.sub(1, tf.div(errorB, left)), weight: tf.mul(left, tf.tensor1d(weights)) };
}

/** Each picture's mean colour, everywhere, [B, 1, 1, C]; with `weights`, of the places that they weigh. */
export function meanColour(pictureBHWC: Tensor4D, weights?: Tensor4D): Tensor4D {
  if (!weights) return tf.mean(pictureBHWC, [1, 2], true);
  return tf.div(tf.sum(tf.mul(pictureBHWC, weights), [1, 2], true), tf.sum(weights, [1, 2], true));
}

/** A picture that differs by less than about one level of 255 counts as right: gains stay finite. */
const LEAST_SQUARE = 1e-4;

/** How many decibels of signal to noise a mean square is better than a baseline's; 0 where both are as near. */
export function decibelsOver(baselineB: Tensor1D, errorB: Tensor1D): Tensor1D {
  const ratio: Tensor1D = tf.div(tf.add(baselineB, LEAST_SQUARE), tf.add(errorB, LEAST_SQUARE));
  return tf.mul(tf.log(ratio), 10 / Math.LN10);
}
