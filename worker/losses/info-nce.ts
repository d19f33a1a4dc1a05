// Which of many rows belongs to a query: InfoNCE (Oord, Li, Vinyals 2018, "Representation Learning with Contrastive Predictive
// Coding"). Shape letters: B samples, D numbers of a row, K other rows.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../backends/ops.js';
import type { Outcome } from '../tasks/objective.js';

/** Rows of length 1. */
export interface Contrast {
  readonly queriesBD: Tensor2D;
  /** The row that belongs to each query. */
  readonly keysBD: Tensor2D;
  /** Rows that belong to none, but for those that are left out. */
  readonly othersKD: Tensor2D;
  /** [B, K]: 1 where a query leaves a row out; one is left for each at least. Default: all count. */
  readonly leftOutBK?: Tensor2D;
}

/** Taken off the logit of a row that is left out: far below what cosines and the smallest temperature give. */
const FAR = 1e4;

/** Mean of each row of numbers, without those that are left out. */
function meanOf(valuesBK: Tensor2D, leftOutBK: Tensor2D | undefined): Tensor1D {
  if (!leftOutBK) return tf.mean(valuesBK, 1);
  const keptBK = tf.sub(1, leftOutBK);
  return tf.div(tf.sum(tf.mul(valuesBK, keptBK), 1), tf.sum(keptBK, 1));
}

/**
 * -log(e^(q.k/T) / (e^(q.k/T) + sum over others of e^(q.o/T))) in natural logarithms; log(1 + K) where all rows are alike.
 * `found`: the query lies nearer to its key than to all others; a tie does not count, so rows that are all alike score 0. Others of a queue or
 * a bank are older, and lie nearer to each other than to what was made now: what a guesser would score is not known.
 * `spread`: mean cosine distance of a query to the others, near 1 where rows go all ways, 0 where they have collapsed.
 * Owns nothing.
 */
export function contrast({ queriesBD, keysBD, othersKD, leftOutBK }: Contrast, temperature: number): Outcome {
  const [numSamples] = queriesBD.shape;
  const scaledBD: Tensor2D = tf.mul(queriesBD, 1 / temperature);
  const rightB1 = tf.sum<Tensor2D>(tf.mul(scaledBD, keysBD), 1, true);
  const allBK: Tensor2D = tf.matMul(scaledBD, othersKD, false, true);
  const wrongBK: Tensor2D = leftOutBK ? tf.sub(allBK, tf.mul(leftOutBK, FAR)) : allBK;
  const logits = tf.concat([rightB1, wrongBK], 1);
  const wanted = tf.oneHot(tf.zeros<tf.Rank.R1>([numSamples], 'int32'), logits.shape[1], 1, 0, 'float32') as Tensor2D;
  const isNearest: Tensor1D = tf.greater(tf.reshape(rightB1, [numSamples]), tf.max(wrongBK, 1));
  const cosines: Tensor1D = tf.mul(meanOf(allBK, leftOutBK), temperature);
  return {
    terms: { infoNce: { perSample: softmaxCrossEntropy(logits, wanted) } },
    metrics: {
      found: { perSample: tf.cast(isNearest, 'float32') },
      spread: { perSample: tf.sub(1, cosines) },
    },
  };
}
