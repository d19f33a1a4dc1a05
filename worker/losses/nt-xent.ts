// Which of all other views of a microbatch belongs to a view: NT-Xent (Chen, Kornblith, Norouzi, Hinton 2020, "A Simple Framework for
// Contrastive Learning of Visual Representations"). Shape letters: B samples, N = 2 B views, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../backends/ops.js';
import type { Measured } from '../tasks/objective.js';

/** Taken off the logit of a view that is left out: far below what cosines and the smallest temperature give. */
const FAR = 1e4;

export interface NtXent {
  readonly loss: Measured;
  readonly accuracy: Measured;
}

/**
 * -log of the softmax at a view's own other one over all other views, of rows of length 1, in natural logarithms, averaged over the two
 * views of a sample; log(2 B - 1) where all rows are alike. `accuracy`: the share of the two views whose nearest is their own; a tie does
 * not count. Views of samples that cannot be used are nobody's negatives. Owns nothing.
 */
export function contrastViews(oneBD: Tensor2D, otherBD: Tensor2D, weightsB: Tensor1D, temperature: number): NtXent {
  const [numSamples] = oneBD.shape;
  const rowsND: Tensor2D = tf.concat([oneBD, otherBD], 0);
  const logitsNN: Tensor2D = tf.matMul(tf.mul(rowsND, 1 / temperature), rowsND, false, true);
  const none = tf.zeros<tf.Rank.R2>([numSamples, numSamples]);
  const same = tf.eye(numSamples);
  const ownNN: Tensor2D = tf.concat([tf.concat([none, same], 1), tf.concat([same, none], 1)], 0);
  const leftOutNN = tf.maximum(tf.eye(2 * numSamples), tf.sub(1, tf.tile(weightsB, [2])));
  // A view's own other one stays, so that samples that cannot be used have finite losses too.
  const keptNN: Tensor2D = tf.sub(logitsNN, tf.mul(tf.relu(tf.sub(leftOutNN, ownNN)), FAR));
  const own = tf.sum(tf.mul(logitsNN, ownNN), 1);
  const nearest = tf.max(tf.sub(keptNN, tf.mul(ownNN, FAR)), 1);
  const averageOf = (valuesN: tf.Tensor): Measured => ({ perSample: tf.mean(tf.reshape(valuesN, [2, numSamples]), 0) });
  return { loss: averageOf(softmaxCrossEntropy(keptNN, ownNN)), accuracy: averageOf(tf.cast(tf.greater(own, nearest), 'float32')) };
}
