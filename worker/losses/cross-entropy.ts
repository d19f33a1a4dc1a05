// Loss and accuracy of tasks whose answer is one of a few classes. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Outcome } from '../tasks/objective.js';

/**
 * Softmax cross-entropy in natural logarithms, and whether the largest logit was the right one. `wanted` has one class a
 * sample, of which the share `smoothing` is spread over all classes. Owns nothing.
 */
export function classify(logitsBK: Tensor2D, wanted: Tensor, smoothing = 0): Outcome {
  const [numSamples, numClasses] = logitsBK.shape;
  const classes = tf.cast(tf.reshape<tf.Rank.R1>(wanted, [numSamples]), 'int32');
  const rightBK = tf.oneHot(classes, numClasses, 1, 0, 'float32');
  const wantedBK = smoothing > 0 ? tf.add(tf.mul(rightBK, 1 - smoothing), smoothing / numClasses) : rightBK;
  const crossEntropy = tf.neg<Tensor1D>(tf.sum(tf.mul(tf.logSoftmax(logitsBK), wantedBK), 1));
  const guesses = tf.cast(tf.argMax(logitsBK, 1), 'int32');
  return {
    terms: { crossEntropy: { perSample: crossEntropy } },
    metrics: { accuracy: { perSample: tf.cast<Tensor1D>(tf.equal(guesses, classes), 'float32') } },
  };
}

/** The same where samples have weights of their own, [B]; `metric` is what the accuracy is called. */
export function classifyWeighed(logitsBK: Tensor2D, wanted: Tensor, weight: Tensor1D, metric = 'accuracy'): Outcome {
  const { terms, metrics } = classify(logitsBK, wanted);
  return { terms: { crossEntropy: { ...terms['crossEntropy']!, weight } }, metrics: { [metric]: { ...metrics['accuracy']!, weight } } };
}

/** Weights of samples, [B], each times what its answer weighs. */
export const weighByClass = (weights: Float32Array, answers: ArrayLike<number>, each: readonly number[]): Tensor1D =>
  tf.tensor1d(weights.map((used, sample) => used * each[answers[sample]!]!));
