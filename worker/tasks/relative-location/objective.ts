// Relative location: the head sees the middle patch and then its neighbour.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { patchSideOf } from '../../augment/patches.js';
import { applyPatchesHead } from '../../heads/patches.js';
import { classify } from '../../losses/cross-entropy.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, type RelativeLocationOptions } from './puzzle.js';

export const relativeLocation: ObjectiveFactory<RelativeLocationOptions> = (options, sizes) => ({
  predict({ tensors }, net) {
    const side = patchSideOf(options, sizes);
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['patches']!, [-1, side, side, sizes.pixels.channels])).at(-1)!;
    return { neighbour: applyPatchesHead(features, headOf(options), net, (patchesBPU) => patchesBPU) };
  },
  losses: ({ neighbour }, { tensors }) => classify(neighbour as Tensor2D, tensors['neighbour']!),
});
