// The head that guesses one view's row from the other's. Shape letters: B samples, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { applyDense } from '../models/layers.js';
import type { NamedTensors } from '../models/model.js';
import { normaliseHidden } from './normalise-hidden.js';
import { planPredictor, type PredictorOptions } from './predictor-state.js';

/** [B, D] to [B, D]. `weightsB` has a 1 for each sample that counts where layers are normalised over the microbatch. Owns nothing. */
export function predictRows(rowsBD: Tensor2D, options: PredictorOptions, parameters: NamedTensors, weightsB: Tensor1D): Tensor2D {
  const { hidden, last } = planPredictor(options);
  return applyDense(last, parameters, tf.relu(normaliseHidden(applyDense(hidden, parameters, rowsBD), options.norm, weightsB)));
}
