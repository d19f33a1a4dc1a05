// The forward pass of the vision transformer. Shape letters: N images, L patches, V visible ones, T tokens, C numbers of a token.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelForward, NamedTensors } from '../model.js';
import { kernelOf, matrixOf, vectorOf } from '../parameters.js';
import { positionsOf } from '../positions.js';
import { applyBlock, layerNorm } from '../transformer.js';
import { show } from '../watch.js';
import { CLASS_TOKEN, EMBEDDING, LAST_NORM, planStages, POSITIONS, type VitOptions } from './shape.js';

/** What is added to the patches, [L, C]. */
const placesOf = (weights: NamedTensors, { learntGrid, width }: VitOptions, grid: number): Tensor2D =>
  learntGrid === undefined ? tf.tensor2d(positionsOf(grid, width), [grid * grid, width]) : matrixOf(weights, POSITIONS);

/** [N, 1, C]. */
function repeatClass(weights: NamedTensors, images: number): Tensor3D {
  const token = vectorOf(weights, CLASS_TOKEN);
  return tf.tile(tf.reshape<tf.Rank.R3>(token, [1, 1, -1]), [images, 1, 1]);
}

export const vit: ModelForward<VitOptions> = {
  apply(weights, inputsNHWC, options, { visible }) {
    const { patch, width } = options;
    const patches = tf.conv2d(inputsNHWC, kernelOf(weights, `${EMBEDDING}/kernel`), patch, 'valid');
    const map = show(EMBEDDING, weights, tf.add<Tensor4D>(patches, vectorOf(weights, `${EMBEDDING}/bias`)));
    const [images, grid] = map.shape;
    const placed = tf.add<Tensor3D>(tf.reshape(map, [images, grid * grid, width]), placesOf(weights, options, grid));
    // A row of zeros and a one picks a token: exact, and its gradient is a product too.
    const seen: Tensor3D = visible ? tf.matMul(visible, placed) : placed;
    let tokensNTC = options.classToken ? tf.concat([repeatClass(weights, images), seen], 1) : seen;
    const stages = planStages(options);
    return stages.map((blocks, s) => {
      for (const block of blocks) tokensNTC = applyBlock(block, weights, tokensNTC);
      const outputs = s === stages.length - 1 ? layerNorm(LAST_NORM, weights, tokensNTC) : tokensNTC;
      const ofPatches = options.classToken ? tf.slice(outputs, [0, 1, 0], [-1, -1, -1]) : outputs;
      return tf.reshape<tf.Rank.R4>(ofPatches, visible ? [images, -1, 1, width] : [images, grid, grid, width]);
    });
  },
};
