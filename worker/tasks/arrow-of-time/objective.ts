// Forwards or backwards: the head and the loss.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyPairwiseHead } from '../../heads/pairwise.js';
import { classify } from '../../losses/cross-entropy.js';
import { measureStrength } from '../../losses/strength.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, type ArrowOptions } from './puzzle.js';

export const arrowOfTime: ObjectiveFactory<ArrowOptions> = (options, { side, pixels: { channels } }) => ({
  predict({ tensors }, net) {
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['pictures']!, [-1, side, side, channels])).at(-1)!;
    return { direction: applyPairwiseHead(features, headOf(options), net) };
  },
  losses: ({ direction }, batch) => measureStrength(classify(direction as Tensor2D, batch.tensors['direction']!), batch),
});
