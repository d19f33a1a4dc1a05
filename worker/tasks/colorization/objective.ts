// Colours from lightness: the head, the loss, and one colour made of the classes.
// Shape letters: B samples, P cells, Q classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyDense } from '../../models/layers.js';
import { matrixOf } from '../../models/parameters.js';
import type { Batch, ObjectiveFactory } from '../objective.js';
import { BINS, planHead, WEIGHTS, type ColorizationOptions, type HeadPlan } from './puzzle.js';
import { listBins } from './bins.js';

/** Added to the sum of squares of a picture's colours. */
const EPSILON = 1e-3;

/** [B * places, factor^2 * hidden] to one row a cell, cells in rows of the picture. */
function toCells(spread: Tensor2D, { factor }: HeadPlan, places: number, hidden: number): Tensor2D {
  const split = tf.reshape(spread, [-1, places, places, factor, factor, hidden]);
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [-1, hidden]);
}

/** What each class gets of each cell's colour, [B * P, Q], and the nearest class, [B * P]. */
function spreadTargets({ arrays }: Batch, neighbours: number, numBins: number): { targets: Tensor2D; nearest: Tensor1D } {
  const bins = arrays['bins'] as Int32Array;
  const shares = arrays['shares'] as Float32Array;
  const numCells = bins.length / neighbours;
  const dense = new Float32Array(numCells * numBins);
  const nearest = new Int32Array(numCells);
  bins.forEach((bin, i) => (dense[Math.floor(i / neighbours) * numBins + bin]! += shares[i]!));
  for (let cell = 0; cell < numCells; cell++) nearest[cell] = bins[cell * neighbours]!;
  return { targets: tf.tensor2d(dense, [numCells, numBins]), nearest: tf.tensor1d(nearest, 'int32') };
}

export const colorization: ObjectiveFactory<ColorizationOptions> = (options, { side }) => {
  const { neighbours, hidden, temperature, step, scale } = options;
  const cells = side / scale;
  const numBins = listBins(step).length / 2;
  return {
    predict({ tensors }, net) {
      const features = net.encode(tensors['picture'] as Tensor4D).at(-1)!;
      const [, places, , channels] = features.shape;
      const plan = planHead(options, { channels, side: places }, cells);
      const spread = applyDense(plan.spread, net.named(), tf.reshape<tf.Rank.R2>(features, [-1, channels]));
      const logits = applyDense(plan.classes, net.named(), tf.relu(toCells(spread, plan, places, hidden)));
      const annealed = tf.softmax(tf.div<Tensor2D>(logits, temperature));
      return { logits, colours: tf.reshape(tf.matMul(annealed, matrixOf(net.named(), BINS)), [-1, cells * cells, 2]) };
    },
    losses({ logits, colours }, batch, net) {
      const { targets, nearest } = spreadTargets(batch, neighbours, numBins);
      const weights = tf.matMul<Tensor2D>(tf.oneHot(nearest, numBins, 1, 0, 'float32'), matrixOf(net.named(), WEIGHTS));
      const each = tf.neg<Tensor1D>(tf.sum(tf.mul(tf.logSoftmax(logits as Tensor2D), targets), 1));
      const weighted = tf.mul(each, tf.reshape<tf.Rank.R1>(weights, [-1]));
      const wanted = batch.tensors['colours'] as Tensor3D;
      const squares = (values: tf.Tensor): Tensor1D => tf.sum<Tensor1D>(tf.mul(values, values), [1, 2]);
      return {
        terms: { crossEntropy: { perSample: tf.mean<Tensor1D>(tf.reshape(weighted, [batch.numSamples, -1]), 1) } },
        metrics: { explained: { perSample: tf.sub(1, tf.div<Tensor1D>(squares(tf.sub(colours!, wanted)), tf.add(squares(wanted), EPSILON))) } },
      };
    },
  };
};
