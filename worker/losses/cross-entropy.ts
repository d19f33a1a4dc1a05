// Loss and accuracy of tasks whose answer is one of a few classes. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Outcome } from '../tasks/objective.js';

/**
 * Softmax cross-entropy in natural logarithms, and whether the largest logit was the right one. `wanted` has one class a
 * sample. Owns nothing.
 */
export function classify(logitsBK: Tensor2D, wanted: Tensor): Outcome {
  const [numSamples, numClasses] = logitsBK.shape;
  const classes = tf.cast(tf.reshape<tf.Rank.R1>(wanted, [numSamples]), 'int32');
  const wantedBK = tf.oneHot(classes, numClasses, 1, 0, 'float32');
  const crossEntropy = tf.neg<Tensor1D>(tf.sum(tf.mul(tf.logSoftmax(logitsBK), wantedBK), 1));
  const guesses = tf.cast(tf.argMax(logitsBK, 1), 'int32');
  return {
    terms: { crossEntropy: { perSample: crossEntropy } },
    metrics: { accuracy: { perSample: tf.cast<Tensor1D>(tf.equal(guesses, classes), 'float32') } },
  };
}
