// Which classes: the head, the loss and the ranking. Shape letters: B samples, K classes, A the two answers of each: there, not there.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { blend, mixOf } from '../../losses/mixup.js';
import { applyDense } from '../../models/layers.js';
import { seeShown } from '../labels/see-shown.js';
import { smooth } from '../labels/smooth.js';
import type { Batch, ObjectiveFactory } from '../objective.js';
import { weighPairs } from './pairs.js';
import { planHead, UNKNOWN, type MultiLabelOptions } from './puzzle.js';

/** [B]: whether a sample can be used and has a label. */
function findLabelled({ arrays, weights, numSamples }: Batch): boolean[] {
  const has = arrays['classes'] as Int32Array;
  return Array.from({ length: numSamples }, (_, sample) => weights[sample] !== 0 && has[(sample * has.length) / numSamples] !== UNKNOWN);
}

/**
 * Label ranking average precision: of each class that a sample has, which share of the classes that are ranked as high or higher it has too, averaged over
 * its classes, [B]; and which samples have any.
 */
function rankClasses(logitsBK: Tensor2D, hasBK: Tensor2D): { readonly precision: Tensor1D; readonly hasAny: Tensor1D } {
  // At [b, k, j]: whether class j is ranked as high as class k or higher.
  const isAboveBKJ = tf.cast<Tensor3D>(tf.greaterEqual(tf.expandDims(logitsBK, 1), tf.expandDims(logitsBK, 2)), 'float32');
  const hitsBK = tf.sum(tf.mul(isAboveBKJ, tf.expandDims(hasBK, 1)), 2);
  const count = tf.sum<Tensor1D>(hasBK, 1);
  const sums = tf.sum(tf.mul(hasBK, tf.div(hitsBK, tf.sum(isAboveBKJ, 2))), 1);
  return { precision: tf.div(sums, tf.maximum(count, 1)), hasAny: tf.minimum(count, 1) };
}

export const multiLabel: ObjectiveFactory<MultiLabelOptions> = ({ frames, smoothing, mixup, classWeights }, sizes) => {
  const { classes = [], labelled = 1 } = sizes;
  const pairs = weighPairs(classWeights, sizes);
  return {
    predict(batch, net) {
      const { featuresBC, mix } = seeShown(batch, net, findLabelled(batch), { ...sizes, frames, mixup });
      return { classes: applyDense(planHead(featuresBC.shape[1], classes.length), net.named(), featuresBC), ...mix };
    },
    losses(predictions, batch) {
      const logitsBK = predictions['classes'] as Tensor2D;
      const isLabelled = tf.tensor1d(findLabelled(batch).map(Number));
      const hasBK = tf.relu(tf.cast<Tensor2D>(batch.tensors['classes'] as Tensor2D, 'float32'));
      const answersBKA: Tensor3D = tf.stack([hasBK, tf.sub(1, hasBK)], 2) as Tensor3D;
      const countedBKA: Tensor3D = pairs ? tf.mul(answersBKA, tf.tensor2d(pairs.map((pair) => [...pair]))) : answersBKA;
      const mix = mixOf(predictions);
      const mixedBKA = mix ? blend(countedBKA, mix) : countedBKA;
      const wantedBKA = smooth(mixedBKA, smoothing);
      const sureBKA = tf.logSoftmax(tf.stack([logitsBK, tf.zerosLike(logitsBK)], 2));
      const crossEntropy = tf.neg<Tensor1D>(tf.mean(tf.sum(tf.mul(sureBKA, wantedBKA), 2), 1));
      const { precision, hasAny } = rankClasses(logitsBK, hasBK);
      return {
        terms: { crossEntropy: { perSample: tf.mul(crossEntropy, tf.div<Tensor1D>(isLabelled, labelled)) } },
        metrics: { rankingPrecision: { perSample: precision, weight: tf.mul(isLabelled, hasAny) } },
      };
    },
  };
};
