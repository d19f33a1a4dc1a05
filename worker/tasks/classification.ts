// Loss and accuracy of tasks whose answer is one of a few classes. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../backends/ops.js';
import type { TaskLoss } from './task.js';

/** Softmax cross-entropy in natural logarithms, and whether the largest logit was the right one. Owns nothing. */
export function classify(logitsBK: Tensor2D, targetsBT: Tensor2D): TaskLoss {
  const [numSamples, numClasses] = logitsBK.shape;
  const targets = tf.reshape<tf.Rank.R1>(targetsBT, [numSamples]);
  const wanted = tf.oneHot(tf.cast(targets, 'int32'), numClasses, 1, 0, 'float32') as Tensor2D;
  const lossPerSample = softmaxCrossEntropy(logitsBK, wanted);
  const guesses = tf.cast(tf.argMax(logitsBK, 1), 'int32');
  const accuracy = tf.cast<Tensor1D>(tf.equal(guesses, tf.cast(targets, 'int32')), 'float32');
  return { lossPerSample, metrics: { accuracy } };
}
