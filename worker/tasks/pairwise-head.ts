// A head that compares frames two by two, as OPN's does: numbers of each frame, then of each pair, then the classes.
// Places in the picture survive to the first layer: what moved is seen by where it is. Unlike OPN's, it looks at how frames
// differ: without, real clips of a wide view stay at chance, for what frames share outweighs what moves in them.
// Shape letters: B samples, F frames of a sample, N = B*F, U numbers of a frame, V of a pair, P = F*(F-1)/2 pairs, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterSpec } from '../../shared/tensors/layout.js';
import type { Dense } from '../models/layers.js';
import { applyDense, denseParameters } from '../models/layers.js';
import { vectorOf } from '../models/parameters.js';
import { dropOut } from './dropout.js';
import type { LossContext, NamedTensors, TrunkShape } from './task.js';

export interface PairwiseHeadOptions {
  readonly numFrames: number;
  readonly grid: number;
  readonly frameUnits: number;
  readonly pairUnits: number;
  readonly dropout: number;
}

interface Plan {
  readonly frame: Dense;
  /** The pair's layer acts on two frames side by side: the sum of one matrix times the first and one times the second. */
  readonly earlier: Dense;
  readonly later: Dense;
  /** Acts on how far apart the two are in each number, which tells near frames from far ones at once. */
  readonly apart: Dense;
  readonly classes: Dense;
  readonly pairs: readonly (readonly [number, number])[];
}

/** Window of the average pooling that leaves at most `grid` cells a side. */
const poolSize = (side: number, grid: number): number => Math.ceil(side / grid);

function planHead(options: PairwiseHeadOptions, numFeatures: number, numClasses: number): Plan {
  const { numFrames, frameUnits, pairUnits } = options;
  const pairs = Array.from({ length: numFrames }, (_, j) => Array.from({ length: j }, (_, i) => [i, j] as const)).flat();
  // Each half of the pair's layer sees half of its inputs: 1/sqrt(2) keeps the bound that the whole would have.
  const half = { numInputs: frameUnits, numOutputs: pairUnits, gain: Math.SQRT1_2, bias: false };
  return {
    // What all frames share is taken off, so a bias would be too.
    frame: { name: 'head/frame', numInputs: numFeatures, numOutputs: frameUnits, bias: false },
    earlier: { name: 'head/pair/earlier', ...half },
    later: { name: 'head/pair/later', ...half },
    apart: { name: 'head/pair/apart', numInputs: frameUnits, numOutputs: pairUnits, bias: false },
    classes: { name: 'head/classes', numInputs: pairs.length * pairUnits, numOutputs: numClasses, gain: 0.1 },
    pairs,
  };
}

/** Parameters of the head for a trunk's last feature map. */
export function pairwiseHeadParameters(options: PairwiseHeadOptions, trunk: TrunkShape, numClasses: number): ParameterSpec[] {
  const cells = Math.ceil(trunk.side / poolSize(trunk.side, options.grid));
  const { frame, earlier, later, apart, classes } = planHead(options, cells * cells * trunk.channels, numClasses);
  const bias: ParameterSpec = {
    name: 'head/pair/bias',
    shape: [options.pairUnits],
    role: 'parameter',
    init: { kind: 'constant', value: 0 },
    decay: false,
  };
  return [...[frame, earlier, later, apart].flatMap(denseParameters), bias, ...denseParameters(classes)];
}

/** Added to the mean square of the differences: frames that are all the same stay zeros. */
const EPSILON = 1e-6;

/** Frames less their mean over the puzzle, brought to mean square 1: neither the scene nor how much moves in it is left. */
function contrastFrames(framesBFU: Tensor3D): Tensor3D {
  const differences = tf.sub(framesBFU, tf.mean(framesBFU, 1, true));
  const meanSquare = tf.mean(tf.mul(differences, differences), [1, 2], true);
  return tf.mul(differences, tf.rsqrt(tf.add(meanSquare, EPSILON)));
}

/** Features [N, h, w, c] to logits [B, K]. Owns nothing. */
export function applyPairwiseHead(
  parameters: NamedTensors,
  features: Tensor4D,
  options: PairwiseHeadOptions,
  context: LossContext,
  numClasses: number,
): Tensor2D {
  const { numFrames, frameUnits, pairUnits } = options;
  const window = poolSize(features.shape[1], options.grid);
  const pooled = window > 1 ? tf.avgPool(features, window, window, 'same') : features;
  const flat = tf.reshape<tf.Rank.R2>(pooled, [pooled.shape[0], -1]);
  const { frame, earlier, later, apart, classes, pairs } = planHead(options, flat.shape[1], numClasses);

  const framesBFU = contrastFrames(tf.reshape<tf.Rank.R3>(applyDense(frame, parameters, flat), [-1, numFrames, frameUnits]));
  const keptBFU = dropOut(framesBFU, options.dropout, context);
  const applyTo = (layer: Dense, inputsBXU: Tensor3D): Tensor3D =>
    tf.reshape<tf.Rank.R3>(applyDense(layer, parameters, tf.reshape<tf.Rank.R2>(inputsBXU, [-1, frameUnits])), [-1, inputsBXU.shape[1], pairUnits]);
  const pairUp = (a: Tensor3D, b: Tensor3D, combine: (one: Tensor3D, other: Tensor3D) => Tensor3D): Tensor3D =>
    tf.concat(pairs.map(([i, j]) => combine(tf.slice(a, [0, i, 0], [-1, 1, -1]), tf.slice(b, [0, j, 0], [-1, 1, -1]))), 1);
  const sidesBPV = pairUp(applyTo(earlier, keptBFU), applyTo(later, keptBFU), (one, other) => tf.add(one, other));
  const distancesBPU = pairUp(keptBFU, keptBFU, (one, other) => tf.abs(tf.sub(one, other)));
  const pairsBPV = tf.add(sidesBPV, applyTo(apart, distancesBPU));
  const active = tf.relu(tf.add(pairsBPV, vectorOf(parameters, 'head/pair/bias')));
  const hidden = tf.reshape<tf.Rank.R2>(active, [-1, pairs.length * pairUnits]);
  return applyDense(classes, parameters, dropOut(hidden, options.dropout, context));
}
