// Are three frames in order: the head and the loss.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyPairwiseHead } from '../../heads/pairwise.js';
import { classify } from '../../losses/cross-entropy.js';
import { measureStrength } from '../../losses/strength.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, weighAnswers, type OrderVerificationOptions } from './puzzle.js';

export const orderVerification: ObjectiveFactory<OrderVerificationOptions> = (options, { side, pixels: { channels } }) => ({
  predict({ tensors }, net) {
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['pictures']!, [-1, side, side, channels])).at(-1)!;
    return { isInOrder: applyPairwiseHead(features, headOf(options), net) };
  },
  losses({ isInOrder }, batch) {
    const { tensors, arrays, weights } = batch;
    const { terms, metrics } = classify(isInOrder as Tensor2D, tensors['isInOrder']!);
    const answers = arrays['isInOrder']!;
    const each = weighAnswers(options);
    // An answer that is rare weighs more, or the other one would be right most of the time.
    const weight = tf.tensor1d(weights.map((used, sample) => used * each[answers[sample]!]!));
    return measureStrength({
      terms: { crossEntropy: { ...terms['crossEntropy']!, weight } },
      metrics: { balancedAccuracy: { ...metrics['accuracy']!, weight } },
    }, batch);
  },
});
