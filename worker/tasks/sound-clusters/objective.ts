// Which kind of sound goes with the picture: the head and the loss. Sounds are labels; the trunk sees pictures alone.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { classifyWeighed, weighByClass } from '../../losses/cross-entropy.js';
import { applyDense } from '../../models/layers.js';
import type { ObjectiveFactory } from '../objective.js';
import { planHead, weighClusters, type SoundClustersOptions } from './puzzle.js';

export const soundClusters: ObjectiveFactory<SoundClustersOptions> = (options) => ({
  predict({ tensors }, net) {
    const features = net.encode(tensors['picture'] as Tensor4D).at(-1)!;
    return { cluster: applyDense(planHead(options, features.shape[3]), net.named(), tf.mean<Tensor2D>(features, [1, 2])) };
  },
  losses({ cluster }, { tensors, arrays, weights }) {
    const weight = weighByClass(weights, arrays['cluster']!, weighClusters(options));
    return classifyWeighed(cluster as Tensor2D, tensors['cluster']!, weight, options.shares.length > 0 ? 'balancedAccuracy' : 'accuracy');
  },
});
