// A head that compares frames two by two, as OPN's does: numbers of each frame, then of each pair, then the classes.
// Places in the picture survive to the first layer: what moved is seen by where it is.
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
    frame: { name: 'head/frame', numInputs: numFeatures, numOutputs: frameUnits },
    earlier: { name: 'head/pair/earlier', ...half },
    later: { name: 'head/pair/later', ...half },
    classes: { name: 'head/classes', numInputs: pairs.length * pairUnits, numOutputs: numClasses, gain: 0.1 },
    pairs,
  };
}

/** Parameters of the head for a trunk's last feature map. */
export function pairwiseHeadParameters(options: PairwiseHeadOptions, trunk: TrunkShape, numClasses: number): ParameterSpec[] {
  const cells = Math.ceil(trunk.side / poolSize(trunk.side, options.grid));
  const { frame, earlier, later, classes } = planHead(options, cells * cells * trunk.channels, numClasses);
  const bias: ParameterSpec = {
    name: 'head/pair/bias',
    shape: [options.pairUnits],
    role: 'parameter',
    init: { kind: 'constant', value: 0 },
    decay: false,
  };
  return [...denseParameters(frame), ...denseParameters(earlier), ...denseParameters(later), bias, ...denseParameters(classes)];
}

/** Features [N, h, w, c] to logits [B, K]. Owns nothing. */
export function applyPairwiseHead(
  parameters: NamedTensors,
  features: Tensor4D,
  options: PairwiseHeadOptions,
  context: LossContext,
  numClasses: number,
): Tensor2D {
  const { numFrames, pairUnits } = options;
  const window = poolSize(features.shape[1], options.grid);
  const pooled = window > 1 ? tf.avgPool(features, window, window, 'same') : features;
  const flat = tf.reshape<tf.Rank.R2>(pooled, [pooled.shape[0], -1]);
  const { frame, earlier, later, classes, pairs } = planHead(options, flat.shape[1], numClasses);

  const frameNU = dropOut(tf.relu(applyDense(frame, parameters, flat)), options.dropout, context);
  const asBFV = (halfNV: Tensor2D): Tensor3D => tf.reshape<tf.Rank.R3>(halfNV, [-1, numFrames, pairUnits]);
  const earlierBFV = asBFV(applyDense(earlier, parameters, frameNU));
  const laterBFV = asBFV(applyDense(later, parameters, frameNU));
  const ofFrame = (halfBFV: Tensor3D, i: number): Tensor3D => tf.slice(halfBFV, [0, i, 0], [-1, 1, -1]);
  const pairsBPV = tf.concat(pairs.map(([i, j]) => tf.add<Tensor3D>(ofFrame(earlierBFV, i), ofFrame(laterBFV, j))), 1);
  const active = tf.relu(tf.add(pairsBPV, vectorOf(parameters, 'head/pair/bias')));
  const hidden = tf.reshape<tf.Rank.R2>(active, [-1, pairs.length * pairUnits]);
  return applyDense(classes, parameters, dropOut(hidden, options.dropout, context));
}
