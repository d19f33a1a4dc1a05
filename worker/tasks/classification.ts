// Loss and accuracy of tasks whose answer is one of a few classes. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TaskLoss } from './task.js';

/** Softmax cross-entropy in natural logarithms, and whether the largest logit was the right one. Owns nothing. */
export function classify(logitsBK: Tensor2D, targetsBT: Tensor2D): TaskLoss {
  const [numSamples, numClasses] = logitsBK.shape;
  const targets = tf.cast(tf.reshape<tf.Rank.R1>(targetsBT, [numSamples]), 'int32');
  const wanted = tf.oneHot(targets, numClasses, 1, 0, 'float32');
  const lossPerSample = tf.neg<Tensor1D>(tf.sum(tf.mul(tf.logSoftmax(logitsBK), wanted), 1));
  const guesses = tf.cast(tf.argMax(logitsBK, 1), 'int32');
  return { lossPerSample, metrics: { accuracy: tf.cast<Tensor1D>(tf.equal(guesses, targets), 'float32') } };
}
