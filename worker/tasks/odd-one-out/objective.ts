// Which sequence is shuffled: the head and the loss. A sequence is compared with the mean of all, which is the sum of its differences
// from each of them. Shape letters: B samples, Q sequences, U numbers of a sequence.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { poolToRows } from '../../heads/pool.js';
import { classify } from '../../losses/cross-entropy.js';
import { applyDense } from '../../models/layers.js';
import type { ObjectiveFactory } from '../objective.js';
import { planHead, type OddOneOutOptions } from './puzzle.js';

export const oddOneOut: ObjectiveFactory<OddOneOutOptions> = (options, { side, pixels: { channels } }) => {
  const { sequences, units, grid } = options;
  return {
    predict({ tensors, numSamples }, net) {
      const features = net.encode(tf.reshape<tf.Rank.R4>(tensors['pictures']!, [-1, side, side, channels])).at(-1)!;
      const rows = tf.reshape<tf.Rank.R2>(poolToRows(features, grid), [numSamples * sequences, -1]);
      const { sequence, hidden, score } = planHead(options, rows.shape[1]);
      const unitsBQU: Tensor3D = tf.reshape(applyDense(sequence, net.named(), rows), [numSamples, sequences, units]);
      const apart = tf.reshape<tf.Rank.R2>(tf.sub(unitsBQU, tf.mean(unitsBQU, 1, true)), [-1, units]);
      const active = tf.relu(applyDense(hidden, net.named(), net.dropout(apart, options.dropout)));
      return { odd: tf.reshape(applyDense(score, net.named(), net.dropout(active, options.dropout)), [numSamples, sequences]) };
    },
    losses: ({ odd }, { tensors }) => classify(odd as Tensor2D, tensors['odd']!),
  };
};
