// How far rows point from rows that they should equal: of tasks whose predictor guesses the other view's row. Shape letters: B samples,
// D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../backends/stop-gradient.js';
import { toUnitRows } from '../heads/projection.js';

/** 1 - cosine of each row with its target, 0..2: 1 where they have nothing to do with each other. No gradient flows into the targets. Owns nothing. */
export function cosineDistance(rowsBD: Tensor2D, targetsBD: Tensor2D): Tensor1D {
  const targets = stopGradient(toUnitRows(targetsBD));
  return tf.sub(1, tf.sum<Tensor1D>(tf.mul(toUnitRows(rowsBD), targets), 1));
}
