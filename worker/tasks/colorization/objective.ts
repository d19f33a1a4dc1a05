// Colours from lightness: the head, the loss, and the mean colour of the classes.
// Shape letters: B samples, P cells, Q classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyDense } from '../../models/layers.js';
import { matrixOf } from '../../models/parameters.js';
import type { Batch, ObjectiveFactory } from '../objective.js';
import { BINS, planHead, WEIGHTS, type ColorizationOptions, type HeadPlan } from './puzzle.js';
import { listBins } from './bins.js';

/** Least weight of a class. */
const EPSILON = 1e-3;

/** Steps of lightness that a guesser tells apart. */
const NUM_LEVELS = 8;

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

/** For each cell the mean colour of all cells of the microbatch that are as light, [B, P, 2]: what a guesser says who knows these very pictures' colours. */
function guessByLightness({ arrays, numSamples, weights }: Batch, side: number, scale: number): Tensor3D {
  const [picture, colours] = [arrays['picture']!, arrays['colours']!];
  const numCells = colours.length / 2 / numSamples;
  const cells = side / scale;
  const lightness = new Float64Array(numSamples * numCells);
  for (let i = 0; i < picture.length; i += 3) {
    const [sample, y, x] = [Math.floor(i / 3 / (side * side)), Math.floor(i / 3 / side) % side, (i / 3) % side];
    lightness[sample * numCells + Math.floor(y / scale) * cells + Math.floor(x / scale)]! += picture[i]! / (256 * scale * scale);
  }
  const levels = Int32Array.from(lightness, (share) => Math.floor(share * NUM_LEVELS));
  const sums = new Float64Array(NUM_LEVELS * 3);
  levels.forEach((level, cell) => [colours[2 * cell]!, colours[2 * cell + 1]!, 1].forEach((value, k) => (sums[3 * level + k]! += value * weights[Math.floor(cell / numCells)]!)));
  const guesses = Float32Array.from(colours, (_, i) => sums[3 * levels[i >> 1]! + (i % 2)]! / Math.max(sums[3 * levels[i >> 1]! + 2]!, 1));
  return tf.tensor3d(guesses, [numSamples, numCells, 2]);
}

export const colorization: ObjectiveFactory<ColorizationOptions> = (options, { side }) => {
  const { neighbours, hidden, step, scale } = options;
  const cells = side / scale;
  const numBins = listBins(step).length / 2;
  return {
    predict({ tensors }, net) {
      const features = net.encode(tensors['picture'] as Tensor4D).at(-1)!;
      const [, places, , channels] = features.shape;
      const plan = planHead(options, { channels, side: places }, cells);
      const spread = applyDense(plan.spread, net.named(), tf.reshape<tf.Rank.R2>(features, [-1, channels]));
      const logits = applyDense(plan.classes, net.named(), tf.relu(toCells(spread, plan, places, hidden)));
      // Classes are as likely as they are learnt to be, less what rebalancing made of them.
      const balance = tf.reshape<tf.Rank.R2>(tf.log(tf.maximum(matrixOf(net.named(), WEIGHTS), EPSILON)), [1, -1]);
      const likely = tf.softmax(tf.sub<Tensor2D>(logits, balance));
      return { logits, means: tf.reshape(tf.matMul(likely, matrixOf(net.named(), BINS)), [-1, cells * cells, 2]) };
    },
    losses({ logits, means }, batch, net) {
      const { targets, nearest } = spreadTargets(batch, neighbours, numBins);
      const weights = tf.matMul<Tensor2D>(tf.oneHot(nearest, numBins, 1, 0, 'float32'), matrixOf(net.named(), WEIGHTS));
      const each = tf.neg<Tensor1D>(tf.sum(tf.mul(tf.logSoftmax(logits as Tensor2D), targets), 1));
      const weighted = tf.mul(each, tf.reshape<tf.Rank.R1>(weights, [-1]));
      const wanted = batch.tensors['colours'] as Tensor3D;
      // Root mean square over a picture's cells, in units of a and b.
      const distanceOf = (guess: tf.Tensor | number): Tensor1D => tf.sqrt(tf.mean<Tensor1D>(tf.sum(tf.square(tf.sub(wanted, guess)), 2), 1));
      const distance = distanceOf(means!);
      return {
        terms: { crossEntropy: { perSample: tf.mean<Tensor1D>(tf.reshape(weighted, [batch.numSamples, -1]), 1) } },
        metrics: {
          overGrey: { perSample: tf.sub(distanceOf(0), distance) },
          overLightness: { perSample: tf.sub(distanceOf(guessByLightness(batch, side, scale)), distance) },
        },
      };
    },
  };
};
