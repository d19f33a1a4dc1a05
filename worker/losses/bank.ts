// Rows of a bank that the samples of a microbatch are compared with. They are constants to the gradient; they move when the step is
// applied. Shape letters: B samples, D numbers of a row, N rows of the bank, R negatives and one more.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import type { Contrast } from './info-nce.js';
import { drawNegatives } from './draw-negatives.js';

export const pickRows = (rowsND: Tensor2D, places: Int32Array): Tensor2D => tf.gather(rowsND, tf.tensor1d(places, 'int32'));

export interface BankLook {
  readonly numSamples: number;
  /** [B]: the row of each sample; undefined where its items have none. */
  readonly instances: Int32Array | undefined;
  /** Negatives of each sample; less than the bank has rows. */
  readonly numNegatives: number;
  readonly random: Random;
}

/** The rows that samples are told from. Owns nothing. */
export function lookAtOthers(bankND: Tensor2D, { numSamples, instances, numNegatives, random }: BankLook): Required<Pick<Contrast, 'othersKD' | 'leftOutBK'>> {
  const ownRows = instances ?? new Int32Array(numSamples).fill(-1);
  const { rows, leftOut } = drawNegatives(random, numNegatives, bankND.shape[0], ownRows);
  return { othersKD: pickRows(bankND, rows), leftOutBK: tf.tensor2d(leftOut, [numSamples, rows.length]) };
}
