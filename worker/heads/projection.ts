// The head that turns a feature map into one row to be compared with others. Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyDense } from '../models/layers.js';
import type { NamedTensors } from '../models/model.js';
import { normaliseHidden } from './normalise-hidden.js';
import { planProjection, type ProjectionOptions } from './projection-state.js';

/** Added to a row's sum of squares: a row of zeros stays one, with a gradient that stays finite. */
const EPSILON = 1e-8;

/** Brings each row to length 1. Owns nothing. */
export function toUnitRows(rowsBD: Tensor2D): Tensor2D {
  return tf.mul(rowsBD, tf.rsqrt(tf.add(tf.sum(tf.square(rowsBD), 1, true), EPSILON)));
}

/** What a trunk says of a picture, [B, h, w, c], averaged over places, [B, c]. Owns nothing. */
export const averagePlaces = (features: Tensor4D): Tensor2D => tf.mean<Tensor2D>(features, [1, 2]);

/**
 * Averaged features [B, c] to rows of any length, [B, D]. `weightsB` has a 1 for each sample that counts where layers are normalised over
 * the microbatch. Owns nothing.
 */
export function projectRows(pooledBC: Tensor2D, options: ProjectionOptions, parameters: NamedTensors, weightsB?: Tensor1D): Tensor2D {
  const [numSamples, channels] = pooledBC.shape;
  const [first, ...others] = planProjection(options, channels);
  const counts = weightsB ?? tf.ones<tf.Rank.R1>([numSamples]);
  const activate = (rowsBH: Tensor2D): Tensor2D => tf.relu(normaliseHidden(rowsBH, options.norm ?? 'none', counts));
  const rowsBD = others.reduce((rows, layer) => applyDense(layer, parameters, activate(rows)), applyDense(first!, parameters, pooledBC));
  return normaliseHidden(rowsBD, options.normaliseRows ? 'microbatch' : 'none', counts);
}

/** Features [B, h, w, c], averaged over places, to rows of length 1, [B, D]. Owns nothing. */
export const applyProjection = (features: Tensor4D, options: ProjectionOptions, parameters: NamedTensors): Tensor2D =>
  toUnitRows(projectRows(averagePlaces(features), options, parameters));
