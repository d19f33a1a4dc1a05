// Which way up: the head and the loss.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { classify } from '../../losses/cross-entropy.js';
import { applyDense } from '../../models/layers.js';
import type { ObjectiveFactory } from '../objective.js';
import { planHead, type RotationOptions } from './puzzle.js';

export const rotation: ObjectiveFactory<RotationOptions> = () => ({
  predict({ tensors }, net) {
    const features = net.encode(tensors['picture'] as Tensor4D).at(-1)!;
    const pooled = tf.mean<Tensor2D>(features, [1, 2]);
    return { turn: applyDense(planHead(features.shape[3]), net.named(), pooled) };
  },
  losses: ({ turn }, { tensors }) => classify(turn as Tensor2D, tensors['turn']!),
});
