// Whether an embedding says which views belong together, and whether it has collapsed: metrics of tasks that compare views.
// Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { toUnitRows } from '../heads/projection.js';
import type { Measured } from '../tasks/objective.js';
import { centreRows, countUsable, spreadOver, sumSquaredCovariances } from './microbatch.js';

/** Added to variances before they are divided by or rooted: rows that are all alike score 0. */
const EPSILON = 1e-12;

/** Taken off the cosine with a sample that does not count: more than cosines differ by. */
const FAR = 4;

/**
 * `embeddingDeviation` and `effectiveRank` of rows of any length, as embedding-metrics.ts says, which knows them to have `dims` numbers:
 * rows of others deviate by as much in proportion. Owns nothing.
 */
export function measureCollapse(rowsBD: Tensor2D, weightsB: Tensor1D, dims = rowsBD.shape[1]): Record<'embeddingDeviation' | 'effectiveRank', Measured> {
  const counted = countUsable(weightsB);
  const centredBD = centreRows(toUnitRows(rowsBD), counted);
  const variancesD = tf.div<Tensor1D>(tf.sum(tf.square(centredBD), 0), counted.count);
  const total = tf.mul(tf.sum(variancesD), counted.count);
  const rank = tf.div<tf.Scalar>(tf.square(total), tf.add(sumSquaredCovariances(centredBD), EPSILON));
  const [numSamples, numGiven] = rowsBD.shape;
  return {
    embeddingDeviation: { perSample: spreadOver(tf.mul(tf.mean(tf.sqrt(variancesD)), Math.sqrt(numGiven / dims)), numSamples) },
    effectiveRank: { perSample: spreadOver(rank, numSamples) },
  };
}

/** 1 for each sample whose row lies nearer to its own of the others than to those of other samples; a tie does not count. Owns nothing. */
export function findNearest(rowsBD: Tensor2D, othersBD: Tensor2D, weightsB: Tensor1D): Tensor1D {
  const [numSamples] = rowsBD.shape;
  const cosinesBB: Tensor2D = tf.matMul(toUnitRows(rowsBD), toUnitRows(othersBD), false, true);
  const ownBB = tf.eye(numSamples);
  const own = tf.sum<Tensor1D>(tf.mul(cosinesBB, ownBB), 1);
  const leftOut = tf.maximum(ownBB, tf.sub(1, weightsB));
  const nearest = tf.max<Tensor1D>(tf.sub(cosinesBB, tf.mul(leftOut, FAR)), 1);
  return tf.cast(tf.greater(own, nearest), 'float32');
}

/** All metrics of an embedding by two rows of each sample, [B, D]. No gradient flows through them. Owns nothing. */
export function measureEmbedding(rowsBD: Tensor2D, othersBD: Tensor2D, weightsB: Tensor1D): Record<'accuracy' | 'embeddingDeviation' | 'effectiveRank', Measured> {
  return { accuracy: { perSample: findNearest(rowsBD, othersBD, weightsB) }, ...measureCollapse(rowsBD, weightsB) };
}
