// Jigsaw: the patches are laid, then the head and the loss. Shape letters: B samples, P patches of a sample, U numbers of a patch, K permutations.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { patchSideOf } from '../../augment/patches.js';
import { applyPatchesHead } from '../../heads/patches.js';
import { classify } from '../../losses/cross-entropy.js';
import { matrixOf } from '../../models/parameters.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, PERMUTATIONS, type JigsawOptions } from './puzzle.js';

/** Rows of zeros and a one at the cell whose patch is laid in each place, [B, P, P]. Products with zeros and ones are exact. */
function pickCells(permutationB1: tf.Tensor, permutationsKP: Tensor2D): Tensor3D {
  const [numPermutations, numPatches] = permutationsKP.shape;
  const chosen = tf.oneHot(tf.reshape<tf.Rank.R1>(permutationB1, [-1]), numPermutations, 1, 0, 'float32') as Tensor2D;
  const cells = tf.cast(tf.reshape(tf.matMul(chosen, permutationsKP), [-1]), 'int32');
  return tf.reshape(tf.oneHot(cells, numPatches, 1, 0, 'float32'), [-1, numPatches, numPatches]);
}

export const jigsaw: ObjectiveFactory<JigsawOptions> = (options, sizes) => ({
  predict({ tensors }, net) {
    const side = patchSideOf(options, sizes);
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['patches']!, [-1, side, side, sizes.pixels.channels])).at(-1)!;
    const pick = pickCells(tensors['permutation']!, matrixOf(net.named(), PERMUTATIONS));
    return { permutation: applyPatchesHead(features, headOf(options), net, (patchesBPU) => tf.matMul(pick, patchesBPU)) };
  },
  losses: ({ permutation }, { tensors }) => classify(permutation as Tensor2D, tensors['permutation']!),
});
