// Loss and accuracy of tasks whose answer is one of a few classes. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Outcome } from '../tasks/objective.js';

/** Cross-entropy of what is wanted, [B, K], in natural logarithms, [B]. Owns nothing. */
export const crossEntropyOf = (logitsBK: Tensor2D, wantedBK: Tensor2D): Tensor1D => tf.neg(tf.sum(tf.mul(tf.logSoftmax(logitsBK), wantedBK), 1));

/**
 * Softmax cross-entropy in natural logarithms, and whether the largest logit was the right one. `wanted` has one class a
 * sample. Owns nothing.
 */
export function classify(logitsBK: Tensor2D, wanted: Tensor): Outcome {
  const [numSamples, numClasses] = logitsBK.shape;
  const classes = tf.cast(tf.reshape<tf.Rank.R1>(wanted, [numSamples]), 'int32');
  const rightBK = tf.oneHot(classes, numClasses, 1, 0, 'float32') as Tensor2D;
  const crossEntropy = crossEntropyOf(logitsBK, rightBK);
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
