// How far predictions of classes are from what another version of the puzzle says they should be: the losses of consistency (Xie, Dai, Hovy,
// Luong, Le 2020, "Unsupervised Data Augmentation for Consistency Training"). Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../backends/stop-gradient.js';

export interface Agreement {
  /** Logits that are learnt. */
  readonly logitsBK: Tensor2D;
  /** Logits of the same classes that say what should be; nothing is learnt through them. */
  readonly targetBK: Tensor2D;
}

export interface AgreementOptions {
  readonly loss: 'kl' | 'mse';
  /** What the target's logits are divided by. */
  readonly temperature: number;
  /** A target without a probability above it, before it is sharpened, counts as no loss. */
  readonly confidence: number;
}

/** All are numbers of each sample, [B]: `isConfident` and `agrees` 0 or 1. */
export interface Agreed {
  readonly loss: Tensor1D;
  readonly isConfident: Tensor1D;
  readonly agrees: Tensor1D;
}

/** Divergence of the prediction from the target in natural logarithms, or the mean square of their probabilities' differences. Owns nothing. */
export function compareClasses({ logitsBK, targetBK }: Agreement, { loss, temperature, confidence }: AgreementOptions): Agreed {
  const target = stopGradient(targetBK);
  const logWanted: Tensor2D = tf.logSoftmax(tf.div<Tensor2D>(target, temperature));
  const wanted = tf.exp(logWanted);
  const distance = loss === 'kl'
    ? tf.sum<Tensor1D>(tf.mul(wanted, tf.sub(logWanted, tf.logSoftmax(logitsBK))), 1)
    : tf.mean<Tensor1D>(tf.squaredDifference(wanted, tf.softmax(logitsBK)), 1);
  const isConfident: Tensor1D = tf.cast(tf.greater(tf.max<Tensor1D>(tf.softmax(target), 1), confidence), 'float32');
  return {
    loss: tf.mul(distance, isConfident),
    isConfident,
    agrees: tf.cast(tf.equal(tf.argMax(logitsBK, 1), tf.argMax(target, 1)), 'float32'),
  };
}
