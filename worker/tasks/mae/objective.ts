// Masked autoencoding: the decoder and the loss. Shape letters: B samples, L patches, V visible ones, C numbers of a token, P numbers
// of a patch's pixels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { gainOver } from '../../losses/pixels.js';
import { applyDense } from '../../models/layers.js';
import { vectorOf } from '../../models/parameters.js';
import { positionsOf } from '../../models/positions.js';
import { applyBlock, layerNorm } from '../../models/transformer.js';
import type { Net, ObjectiveFactory } from '../objective.js';
import { DECODER_NORM, gridOf, MASK_TOKEN, planDecoder, type MaeOptions, type PatchGrid } from './puzzle.js';

/** Added to the variance of a patch, in squares of normalised pixels: a flat patch stays near 0. */
const EPSILON = 1e-6;

/** Rows of zeros and a one at the visible patches, [B, V, L]. */
function pickVisible(visible: tf.Tensor, { numPatches, numVisible }: PatchGrid): Tensor3D {
  const rows = tf.oneHot(tf.reshape<tf.Rank.R1>(visible, [-1]), numPatches, 1, 0, 'float32');
  return tf.reshape(rows, [-1, numVisible, numPatches]);
}

/** Visible tokens at their places, the mask's token at the others, positions added: [B, L, C]. */
function fillIn(tokensBVC: Tensor3D, pickBVL: Tensor3D, isHiddenBL: Tensor2D, net: Net): Tensor3D {
  const [samples, , channels] = tokensBVC.shape;
  const numPatches = isHiddenBL.shape[1];
  const placed = tf.matMul(pickBVL, tokensBVC, true);
  const hidden = tf.mul(tf.reshape<tf.Rank.R3>(isHiddenBL, [samples, numPatches, 1]), vectorOf(net.named(), MASK_TOKEN));
  const positions = tf.tensor2d(positionsOf(Math.sqrt(numPatches), channels), [numPatches, channels]);
  return tf.add(tf.add<Tensor3D>(placed, hidden), positions);
}

/** The pixels of each patch, [B, L, P]. */
function cutPatches(pictures: Tensor4D, patch: number): Tensor3D {
  const [samples, side, , channels] = pictures.shape;
  const grid = side / patch;
  const split = tf.transpose(tf.reshape(pictures, [samples, grid, patch, grid, patch, channels]), [0, 1, 3, 2, 4, 5]);
  return tf.reshape(split, [samples, grid * grid, patch * patch * channels]);
}

function normalise(patchesBLP: Tensor3D): Tensor3D {
  const { mean, variance } = tf.moments(patchesBLP, 2, true);
  return tf.mul(tf.sub(patchesBLP, mean), tf.rsqrt(tf.add(variance, EPSILON)));
}

export const mae: ObjectiveFactory<MaeOptions> = (options, sizes) => {
  const grid = gridOf(options, sizes);
  return {
    predict({ tensors }, net) {
      const pickBVL = pickVisible(tensors['visible']!, grid);
      const seen = net.encode(tensors['picture'] as Tensor4D, { visible: pickBVL }).at(-1)!;
      const { embed, blocks, pixels } = planDecoder(options, seen.shape[3], grid);
      const isHidden = tf.sub<Tensor2D>(1, tf.sum(pickBVL, 1));
      const embedded = applyDense(embed, net.named(), tf.reshape<tf.Rank.R2>(seen, [-1, seen.shape[3]]));
      let tokens = fillIn(tf.reshape(embedded, [-1, grid.numVisible, options.decoderWidth]), pickBVL, isHidden, net);
      for (const block of blocks) tokens = applyBlock(block, net.named(), tokens);
      const decoded = tf.reshape<tf.Rank.R2>(layerNorm(DECODER_NORM, net.named(), tokens), [-1, options.decoderWidth]);
      return { patches: tf.reshape(applyDense(pixels, net.named(), decoded), [-1, grid.numPatches, grid.patch * grid.patch * grid.channels]), isHidden };
    },
    losses({ patches, isHidden }, { tensors, weights }) {
      const original = cutPatches(tensors['picture'] as Tensor4D, grid.patch);
      const wanted = options.normalisePixels ? normalise(original) : original;
      const numHidden = grid.numPatches - grid.numVisible;
      const meanOverHidden = (errorsBL: tf.Tensor): Tensor1D => tf.div(tf.sum<Tensor1D>(tf.mul(errorsBL, isHidden!), 1), numHidden);
      const error = meanOverHidden(tf.mean(tf.squaredDifference(patches!, wanted), 2));
      const spread = meanOverHidden(tf.moments(wanted, 2).variance);
      return {
        terms: { pixels: { perSample: error } },
        metrics: { explained: gainOver(spread, error, weights) },
      };
    },
  };
};
