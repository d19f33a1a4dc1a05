// Which class: the head and the loss. Shape letters: B samples, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { naturalExp } from '../../augment/ops/exponential.js';
import { stopGradient } from '../../backends/stop-gradient.js';
import { crossEntropyOf } from '../../losses/cross-entropy.js';
import { blend, mixOf, type Mix } from '../../losses/mixup.js';
import { applyDense } from '../../models/layers.js';
import { weighClasses } from '../labels/class-weights.js';
import { seeShown } from '../labels/see-shown.js';
import { smooth } from '../labels/smooth.js';
import type { Batch, ObjectiveFactory } from '../objective.js';
import { planHead, UNLABELLED, type ClassifyOptions } from './puzzle.js';

/** How sure of its class a sample may be and still be learnt from, with `progress` of the stage behind. */
export function boundAt(annealing: ClassifyOptions['annealing'], progress: number, numClasses: number): number {
  const risen = { none: 1, log: 1 - naturalExp(-5 * progress), linear: progress, exp: naturalExp(5 * (progress - 1)) }[annealing];
  return 1 / numClasses + (1 - 1 / numClasses) * risen;
}

/** 1 for each sample whose right class has at most a probability, [B]. */
function isAtMostSure(logitsBK: Tensor2D, rightBK: Tensor2D, bound: number): Tensor1D {
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

/** [B]: whether a sample can be used and has a label. */
const findLabelled = ({ arrays, weights }: Batch): boolean[] => [...arrays['class'] as Int32Array].map((label, sample) => label !== UNLABELLED && weights[sample] !== 0);

export const classify: ObjectiveFactory<ClassifyOptions> = ({ frames, smoothing, annealing, mixup, classWeights }, sizes) => {
  const { classes = [], labelled = 1 } = sizes;
  const weights = weighClasses(classWeights, sizes);

  /** What is wanted of each sample, [B, K]: what its classes count. */
  function wantedOf(rightBK: Tensor2D, mix: Mix | undefined): Tensor2D {
    const countedBK: Tensor2D = weights ? tf.mul(rightBK, tf.tensor1d([...weights])) : rightBK;
    const mixedBK = mix ? blend(countedBK, mix) : countedBK;
    return smooth(mixedBK, smoothing);
  }

  return {
    predict(batch, net) {
      const { featuresBC, mix } = seeShown(batch, net, findLabelled(batch), { ...sizes, frames, mixup });
      return { class: applyDense(planHead(featuresBC.shape[1], classes.length), net.named(), featuresBC), ...mix };
    },
    losses(predictions, batch, net) {
      const logitsBK = predictions['class'] as Tensor2D;
      const isLabelled = tf.tensor1d(findLabelled(batch).map(Number));
      const right = tf.tensor1d((batch.arrays['class'] as Int32Array).map((label) => Math.max(label, 0)), 'int32');
      const rightBK = tf.oneHot(right, classes.length, 1, 0, 'float32') as Tensor2D;
      const perSample = crossEntropyOf(logitsBK, wantedOf(rightBK, mixOf(predictions)));
      const factor = annealing === 'none' ? tf.div<Tensor1D>(isLabelled, labelled)
        : weighSamples(isLabelled, isAtMostSure(logitsBK, rightBK, boundAt(annealing, net.progress ?? 1, classes.length)), labelled);
      return {
        terms: { crossEntropy: { perSample: tf.mul(perSample, factor) } },
        metrics: { accuracy: { perSample: tf.cast(tf.equal(tf.argMax(logitsBK, 1), right), 'float32'), weight: isLabelled } },
      };
    },
  };
};
