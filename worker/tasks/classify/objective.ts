// Which class: the head and the loss. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { naturalExp } from '../../augment/ops/exponential.js';
import { stopGradient } from '../../backends/stop-gradient.js';
import { classify as compareWithClass } from '../../losses/cross-entropy.js';
import { applyDense } from '../../models/layers.js';
import type { ObjectiveFactory } from '../objective.js';
import { planHead, UNLABELLED, type ClassifyOptions } from './puzzle.js';

/** How sure of its class a sample may be and still be learnt from, with `progress` of the stage behind. */
export function boundAt(annealing: ClassifyOptions['annealing'], progress: number, numClasses: number): number {
  const risen = { none: 1, log: 1 - naturalExp(-5 * progress), linear: progress, exp: naturalExp(5 * (progress - 1)) }[annealing];
  return 1 / numClasses + (1 - 1 / numClasses) * risen;
}

/** 1 for each sample whose right class has at most a probability, [B]. */
function isAtMostSure(logitsBK: Tensor2D, right: Tensor1D, bound: number): Tensor1D {
  const rightBK = tf.oneHot(right, logitsBK.shape[1], 1, 0, 'float32');
  const sureness = stopGradient(tf.sum<Tensor1D>(tf.mul(tf.softmax(logitsBK), rightBK), 1));
  return tf.cast(tf.lessEqual(sureness, bound), 'float32');
}

/**
 * What the loss of each sample is multiplied by, [B]: 0 without a label; with one, so that the mean over all samples is that over the
 * labelled ones, and within a microbatch that over those which are learnt from.
 */
function weighSamples(isLabelled: Tensor1D, isLearnt: Tensor1D, labelled: number): Tensor1D {
  const kept = tf.mul(isLabelled, isLearnt);
  const share = tf.div(tf.sum(isLabelled), tf.maximum(tf.sum(kept), 1));
  return tf.mul<Tensor1D>(kept, tf.div(share, labelled));
}

export const classify: ObjectiveFactory<ClassifyOptions> = ({ frames, smoothing, annealing }, { side, pixels: { channels }, classes = [], labelled = 1 }) => ({
  predict({ tensors }, net) {
    const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['picture']!, [-1, side, side, channels])).at(-1)!;
    const ofFrames = tf.reshape<tf.Rank.R3>(tf.mean(features, [1, 2]), [-1, frames, features.shape[3]]);
    return { class: applyDense(planHead(features.shape[3], classes.length), net.named(), tf.mean<Tensor2D>(ofFrames, 1)) };
  },
  losses(predictions, { arrays, weights }, net) {
    const logitsBK = predictions['class'] as Tensor2D;
    const labels = arrays['class'] as Int32Array;
    const isLabelled = tf.tensor1d(weights.map((used, sample) => (labels[sample] === UNLABELLED ? 0 : used)));
    const right = tf.tensor1d(labels.map((label) => Math.max(label, 0)), 'int32');
    const { terms, metrics } = compareWithClass(logitsBK, right, smoothing);
    const factor = annealing === 'none' ? tf.div<Tensor1D>(isLabelled, labelled)
      : weighSamples(isLabelled, isAtMostSure(logitsBK, right, boundAt(annealing, net.progress ?? 1, classes.length)), labelled);
    return {
      terms: { crossEntropy: { perSample: tf.mul(terms['crossEntropy']!.perSample, factor) } },
      metrics: { accuracy: { ...metrics['accuracy']!, weight: isLabelled } },
    };
  },
});
