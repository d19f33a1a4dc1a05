// The head that reads patches side by side: a layer that is the same for each, then one that sees them all in their order, as the
// towers of both papers on patches are joined. Shape letters: B samples, P patches of a sample, U numbers of a patch, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyDense } from '../models/layers.js';
import type { Net } from '../tasks/objective.js';
import { PATCH_GRID, planPatches, type PatchesHead } from './patches-state.js';
import { poolToRows } from './pool.js';

/** Features [B * P, h, w, c] to logits [B, K]. `arrange` puts the patches, [B, P, U], in the order that the head sees. Owns nothing. */
export function applyPatchesHead(
  features: Tensor4D,
  head: PatchesHead,
  net: Pick<Net, 'named' | 'dropout'>,
  arrange: (patchesBPU: Tensor3D) => Tensor3D,
): Tensor2D {
  const flat = poolToRows(features, PATCH_GRID);
  const { patch, together, classes } = planPatches(head, flat.shape[1]);
  const patches = tf.relu(applyDense(patch, net.named(), flat));
  const arranged = arrange(tf.reshape<tf.Rank.R3>(patches, [-1, head.numPatches, head.patchUnits]));
  const hidden = tf.relu(applyDense(together, net.named(), tf.reshape<tf.Rank.R2>(arranged, [-1, head.numPatches * head.patchUnits])));
  return applyDense(classes, net.named(), net.dropout(hidden, head.dropout));
}
