// The forward pass of the vision transformer. Shape letters: N images, L patches, V visible ones, T tokens, C numbers of a token.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelForward } from '../model.js';
import { kernelOf, vectorOf } from '../parameters.js';
import { positionsOf } from '../positions.js';
import { applyBlock, layerNorm } from '../transformer.js';
import { EMBEDDING, LAST_NORM, planStages, type VitOptions } from './shape.js';

export const vit: ModelForward<VitOptions> = {
  apply(weights, inputsNHWC, options, { visible }) {
    const { patch, width } = options;
    const map = tf.add<Tensor4D>(tf.conv2d(inputsNHWC, kernelOf(weights, `${EMBEDDING}/kernel`), patch, 'valid'), vectorOf(weights, `${EMBEDDING}/bias`));
    const [images, grid] = map.shape;
    const placed = tf.add<Tensor3D>(tf.reshape(map, [images, grid * grid, width]), tf.tensor2d(positionsOf(grid, width), [grid * grid, width]));
    // A row of zeros and a one picks a token: exact, and its gradient is a product too.
    let tokensNTC: Tensor3D = visible ? tf.matMul(visible, placed) : placed;
    const stages = planStages(options);
    return stages.map((blocks, s) => {
      for (const block of blocks) tokensNTC = applyBlock(block, weights, tokensNTC);
      const outputs = s === stages.length - 1 ? layerNorm(LAST_NORM, weights, tokensNTC) : tokensNTC;
      return tf.reshape<tf.Rank.R4>(outputs, visible ? [images, -1, 1, width] : [images, grid, grid, width]);
    });
  },
};
