// What goes into the ReLUs of heads that compare rows. Shape letters: B samples, H numbers of a hidden layer.

import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { countUsable, standardiseRows } from '../losses/microbatch.js';
import type { RowNorm } from './projection-state.js';

/** Added to a variance over the microbatch: few samples that are nearly alike are not blown up. */
const EPSILON = 1e-3;

/** As `norm` says; `weightsB` has a 1 for each sample that counts. Owns nothing. */
export const normaliseHidden = (rowsBH: Tensor2D, norm: RowNorm, weightsB: Tensor1D): Tensor2D =>
  norm === 'microbatch' ? standardiseRows(rowsBH, countUsable(weightsB), EPSILON) : rowsBH;
