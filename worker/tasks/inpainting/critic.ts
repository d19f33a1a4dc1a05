// The network that tells filled holes from real ones. Shape letters: B samples, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyConvolution, applyDense } from '../../models/layers.js';
import type { NamedTensors } from '../../models/model.js';
import type { CriticPlan } from './critic-state.js';

/** Logits of being real, [B]. Owns nothing. */
export function applyCritic({ convolutions, verdict }: CriticPlan, parameters: NamedTensors, pictures: Tensor4D): Tensor1D {
  const features = convolutions.reduce((maps, layer) => applyConvolution(layer, parameters, maps), pictures);
  return tf.reshape(applyDense(verdict, parameters, tf.mean<Tensor2D>(features, [1, 2])), [-1]);
}
