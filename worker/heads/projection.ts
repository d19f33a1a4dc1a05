// The head that turns a feature map into one row of length 1 to be compared with others. Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyDense } from '../models/layers.js';
import type { NamedTensors } from '../models/model.js';
import { planProjection, type ProjectionOptions } from './projection-state.js';

/** Added to a row's sum of squares: a row of zeros stays one, with a gradient that stays finite. */
const EPSILON = 1e-8;

/** Brings each row to length 1. Owns nothing. */
export function toUnitRows(rowsBD: Tensor2D): Tensor2D {
  return tf.mul(rowsBD, tf.rsqrt(tf.add(tf.sum(tf.square(rowsBD), 1, true), EPSILON)));
}

/** Features [B, h, w, c], averaged over places, to rows of length 1, [B, D]. Owns nothing. */
export function applyProjection(features: Tensor4D, options: ProjectionOptions, parameters: NamedTensors): Tensor2D {
  const [first, ...others] = planProjection(options, features.shape[3]);
  const pooled = applyDense(first!, parameters, tf.mean<Tensor2D>(features, [1, 2]));
  return toUnitRows(others.reduce((rows, layer) => applyDense(layer, parameters, tf.relu(rows)), pooled));
}
