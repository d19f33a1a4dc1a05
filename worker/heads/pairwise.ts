// A head that compares frames two by two, as OPN's does: numbers of each frame, then of each pair, then the classes.
// Places in the picture survive to the first layer: what moved is seen by where it is. Unlike OPN's, it looks at how frames
// differ: without, real clips of a wide view stay at chance, for what frames share outweighs what moves in them.
// Shape letters: B samples, F frames of a sample, N = B*F, U numbers of a frame, V of a pair, P = F*(F-1)/2 pairs, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Dense } from '../models/layer-state.js';
import { applyDense } from '../models/layers.js';
import { vectorOf } from '../models/parameters.js';
import type { Net } from '../tasks/objective.js';
import { planPairwise, type PairwiseHead } from './pairwise-state.js';
import { poolToRows } from './pool.js';

/** Added to the mean square of the differences: frames that are all the same stay zeros. */
const EPSILON = 1e-6;

/** Frames less their mean over the puzzle, brought to mean square 1 unless the scale is kept: neither the scene nor how much moves in it is left. */
function contrastFrames(framesBFU: Tensor3D, keepsScale: boolean): Tensor3D {
  const differences: Tensor3D = tf.sub(framesBFU, tf.mean(framesBFU, 1, true));
  if (keepsScale) return differences;
  const meanSquare = tf.mean(tf.mul(differences, differences), [1, 2], true);
  return tf.mul(differences, tf.rsqrt(tf.add(meanSquare, EPSILON)));
}

/** Features [N, h, w, c] to logits [B, K]. Owns nothing. */
export function applyPairwiseHead(features: Tensor4D, head: PairwiseHead, net: Pick<Net, 'named' | 'dropout'>): Tensor2D {
  const { numFrames, frameUnits, pairUnits, keepsScale = false } = head;
  const parameters = net.named();
  const flat = poolToRows(features, head.grid);
  const { frame, earlier, later, apart, classes, pairs } = planPairwise(head, flat.shape[1]);

  const framesBFU = contrastFrames(tf.reshape<tf.Rank.R3>(applyDense(frame, parameters, flat), [-1, numFrames, frameUnits]), keepsScale);
  const keptBFU = net.dropout(framesBFU, head.dropout);
  const applyTo = (layer: Dense, inputsBXU: Tensor3D): Tensor3D =>
    tf.reshape<tf.Rank.R3>(applyDense(layer, parameters, tf.reshape<tf.Rank.R2>(inputsBXU, [-1, frameUnits])), [-1, inputsBXU.shape[1], pairUnits]);
  const pairUp = (a: Tensor3D, b: Tensor3D, combine: (one: Tensor3D, other: Tensor3D) => Tensor3D): Tensor3D =>
    tf.concat(pairs.map(([i, j]) => combine(tf.slice(a, [0, i, 0], [-1, 1, -1]), tf.slice(b, [0, j, 0], [-1, 1, -1]))), 1);
  const sidesBPV = pairUp(applyTo(earlier, keptBFU), applyTo(later, keptBFU), (one, other) => tf.add(one, other));
  const distancesBPU = pairUp(keptBFU, keptBFU, (one, other) => tf.abs(tf.sub(one, other)));
  const pairsBPV = tf.add(sidesBPV, applyTo(apart, distancesBPU));
  const active = tf.relu(tf.add(pairsBPV, vectorOf(parameters, 'head/pair/bias')));
  const hidden = tf.reshape<tf.Rank.R2>(active, [-1, pairs.length * pairUnits]);
  return applyDense(classes, parameters, net.dropout(hidden, head.dropout));
}
