// How fast does a clip run: the head and the loss.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyPairwiseHead } from '../../heads/pairwise.js';
import { classify } from '../../losses/cross-entropy.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, type PaceOptions } from './puzzle.js';

export const pace: ObjectiveFactory<PaceOptions> = (options, { side, pixels: { channels } }) => ({
  predict({ tensors }, net) {
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['pictures']!, [-1, side, side, channels])).at(-1)!;
    return { pace: applyPairwiseHead(features, headOf(options), net) };
  },
  losses: (predictions, { tensors }) => classify(predictions['pace'] as Tensor2D, tensors['pace']!),
});
