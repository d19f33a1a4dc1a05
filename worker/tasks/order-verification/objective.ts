// Are three frames in order: the head and the loss.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyPairwiseHead } from '../../heads/pairwise.js';
import { classifyWeighed, weighByClass } from '../../losses/cross-entropy.js';
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
    // An answer that is rare weighs more, or the other one would be right most of the time.
    const weight = weighByClass(weights, arrays['isInOrder']!, weighAnswers(options));
    return measureStrength(classifyWeighed(isInOrder as Tensor2D, tensors['isInOrder']!, weight, 'balancedAccuracy'), batch);
  },
});
