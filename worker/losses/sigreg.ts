// Sketched isotropic Gaussian regularization (Balestriero, LeCun 2025, "LeJEPA: Provable and Scalable Self-Supervised Learning Without the
// Heuristics"): along random directions the rows of a microbatch must be distributed as a standard normal, by the test of Epps and Pulley,
// which compares characteristic functions. Shape letters: B samples, D numbers of a row, S directions, T knots.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import { countUsable } from './microbatch.js';
import { knots } from './sigreg-knots.js';

/** Columns of length 1, [D, S]. Uniform numbers give all directions, which is all that the test needs. */
export function drawDirections(random: Random, dims: number, count: number): Tensor2D {
  const directions = tf.tensor2d(Float32Array.from({ length: dims * count }, () => random.uniform(-1, 1)), [dims, count]);
  return tf.div(directions, tf.sqrt(tf.sum(tf.square(directions), 0, true)));
}

/**
 * B times the weighted integral of |characteristic function of the rows along a direction - that of a standard normal|^2, averaged over
 * the directions: about 1 for rows that are normal, up to B. Samples that cannot be used are left out. Owns nothing.
 */
export function sigreg(rowsBD: Tensor2D, directionsDS: Tensor2D, weightsB: Tensor1D): Scalar {
  const { weightsB1, count } = countUsable(weightsB);
  const alongBS: Tensor2D = tf.matMul(rowsBD, directionsDS);
  const averageOf = (valuesBS: Tensor2D): Tensor1D => tf.div(tf.sum(tf.mul(valuesBS, weightsB1), 0), count);
  const errorsS = knots.map(({ place, wanted, weight }) => {
    const turnedBS: Tensor2D = tf.mul(alongBS, place);
    const error = tf.add(tf.square(tf.sub(averageOf(tf.cos(turnedBS)), wanted)), tf.square(averageOf(tf.sin(turnedBS))));
    return tf.mul<Tensor1D>(error, weight);
  });
  return tf.mul(tf.mean(tf.addN(errorsS)), count);
}
