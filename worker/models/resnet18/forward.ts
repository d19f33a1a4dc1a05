// The forward pass of ResNet-18.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { applyConvolution } from '../layers.js';
import type { ModelContext, ModelForward, NamedTensors } from '../model.js';
import { planStages, planStem, type Block, type Resnet18Options } from './shape.js';

function applyBlock(block: Block, weights: NamedTensors, inputs: Tensor4D, context: ModelContext): Tensor4D {
  const hidden = applyConvolution(block.first, weights, inputs, context);
  const residual = applyConvolution(block.second, weights, hidden, context);
  const shortcut = block.shortcut === undefined ? inputs : applyConvolution(block.shortcut, weights, inputs, context);
  return tf.relu(tf.add(residual, shortcut));
}

export const resnet18: ModelForward<Resnet18Options> = {
  apply(weights, inputsNHWC, options, context) {
    let features = applyConvolution(planStem(options), weights, inputsNHWC, context);
    if (options.stem === 'large') features = tf.maxPool(features, 3, 2, 'same');
    return planStages(options).map((blocks) => {
      for (const block of blocks) features = applyBlock(block, weights, features, context);
      return features;
    });
  },
};
