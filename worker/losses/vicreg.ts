// Variance, invariance, covariance (Bardes, Ponce, LeCun 2022, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised
// Learning"): views of a picture have one row, rows of different pictures differ in every number, and no two numbers say the same.
// Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Term } from '../tasks/objective.js';
import { centreRows, countUsable, spreadOver, sumSquaredCovariances } from './microbatch.js';

export interface VicregWeights {
  readonly invariance: number;
  readonly variance: number;
  readonly covariance: number;
}

/** The deviation that every number of a row should have over pictures (gamma in the paper). */
const WANTED_DEVIATION = 1;
/** Added to a variance before the root, as in the paper. */
const EPSILON = 1e-4;

/** How far the deviations of the numbers fall short, on average; and the squared covariances of different numbers, summed, by D. */
function measureRows(rowsBD: Tensor2D, weightsB: Tensor1D): { readonly shortfall: Scalar; readonly covariance: Scalar } {
  const counted = countUsable(weightsB);
  const centredBD = centreRows(rowsBD, counted);
  const freedom = tf.maximum(tf.sub(counted.count, 1), 1);
  const variancesD = tf.div<Tensor1D>(tf.sum(tf.square(centredBD), 0), freedom);
  const shortfall = tf.mean<Scalar>(tf.relu(tf.sub(WANTED_DEVIATION, tf.sqrt(tf.add(variancesD, EPSILON)))));
  const all = tf.div(sumSquaredCovariances(centredBD), tf.square(freedom));
  return { shortfall, covariance: tf.div(tf.sub(all, tf.sum(tf.square(variancesD))), rowsBD.shape[1]) };
}

/**
 * The three terms, each times its weight. Variances and covariances are those of the microbatch (divided by its usable samples less one)
 * and the same number for all of its samples. Owns nothing.
 */
export function vicreg(oneBD: Tensor2D, otherBD: Tensor2D, weightsB: Tensor1D, weights: VicregWeights): Record<keyof VicregWeights, Term> {
  const [numSamples] = oneBD.shape;
  const [one, other] = [measureRows(oneBD, weightsB), measureRows(otherBD, weightsB)];
  const distance = tf.mean<Tensor1D>(tf.squaredDifference(oneBD, otherBD), 1);
  const shortfall = tf.mul<Scalar>(tf.add(one.shortfall, other.shortfall), weights.variance / 2);
  const covariance = tf.mul<Scalar>(tf.add(one.covariance, other.covariance), weights.covariance);
  return {
    invariance: { perSample: tf.mul(distance, weights.invariance) },
    variance: { perSample: spreadOver(shortfall, numSamples) },
    covariance: { perSample: spreadOver(covariance, numSamples) },
  };
}
