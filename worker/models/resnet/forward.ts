// The forward pass of ResNets.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { applyConvolution } from '../layers.js';
import type { ModelContext, ModelForward, NamedTensors } from '../model.js';
import { padFor } from '../padding.js';
import { show } from '../watch.js';
import { planStages, planStem, poolOf, type Architecture, type Block, type ResnetOptions } from './plan.js';

function applyBlock({ name, residual, shortcut }: Block, weights: NamedTensors, inputs: Tensor4D, context: ModelContext): Tensor4D {
  const changed = residual.reduce((map, layer) => applyConvolution(layer, weights, map, context), inputs);
  const kept = shortcut === undefined ? inputs : applyConvolution(shortcut, weights, inputs, context);
  return show(name, weights, tf.relu(tf.add(changed, kept)));
}

function applyPool(options: ResnetOptions, mapNHWC: Tensor4D): Tensor4D {
  const pool = poolOf(options);
  // Nothing is below 0 behind a ReLU, so zeros at the edges change no maximum.
  const [padded, padding] = padFor(pool, mapNHWC);
  return tf.maxPool(padded, pool.size, pool.stride, padding);
}

export const createResnetForward = (architecture: Architecture): ModelForward<ResnetOptions> => ({
  apply(weights, inputsNHWC, options, context) {
    const stem = applyConvolution(planStem(options), weights, inputsNHWC, context);
    let features = options.stem === 'large' ? applyPool(options, stem) : stem;
    return planStages(architecture, options).map((blocks) => {
      for (const block of blocks) features = applyBlock(block, weights, features, context);
      return features;
    });
  },
});
