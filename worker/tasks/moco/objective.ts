// Momentum contrast: the student's rows, the teacher's, and the loss.
// With group norm, the default of the trunks, a picture's row depends on that picture alone. With batch norm the statistics of a pass run
// over its microbatch: a query and its key show which microbatch they were in, and no row of the queue was in it, which gives the pair away.
// The paper shuffles keys between GPUs against it, which would mix microbatches. Here the teacher takes its running statistics instead (Cai,
// Ravichandran, Maji, Fowlkes, Tu, Soatto 2021, "Exponential Moving Average Normalization for Self-supervised and Semi-supervised Learning").

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyProjection } from '../../heads/projection.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { matrixOf } from '../../models/parameters.js';
import type { EncodeOptions, Net, ObjectiveFactory, WeightsOf } from '../objective.js';
import { QUEUE, type MocoOptions } from './puzzle.js';

export const moco: ObjectiveFactory<MocoOptions> = (options) => {
  const statistics = options.guards.statistics ? 'running' : 'microbatch';
  const embed = (pictures: Tensor4D, net: Net, by: EncodeOptions & { weights: WeightsOf }): Tensor2D =>
    applyProjection(net.encode(pictures, by).at(-1)!, options, net.named(by.weights));
  return {
    predict: ({ tensors }, net) => ({
      query: embed(tensors['query'] as Tensor4D, net, { weights: 'student' }),
      key: embed(tensors['key'] as Tensor4D, net, { weights: 'teacher', statistics }),
    }),
    losses(predictions, { weights }, net) {
      const [queriesBD, keysBD] = [predictions['query'] as Tensor2D, predictions['key'] as Tensor2D];
      const othersKD = matrixOf(net.named(), QUEUE);
      const { terms, metrics } = contrast({ queriesBD, keysBD, othersKD }, options.temperature);
      return { terms, metrics: { ...metrics, ...measureEmbedding(queriesBD, keysBD, tf.tensor1d(weights)) }, rows: { [QUEUE]: keysBD } };
    },
  };
};
