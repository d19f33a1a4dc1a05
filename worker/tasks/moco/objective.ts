// Momentum contrast: the student's rows, the teacher's, and the loss.
// With group norm, the default of the trunks, a picture's row depends on that picture alone. With batch norm, the statistics of
// each pass run over its microbatch: pictures that went through together share them in both views, which can give a pair away
// (the paper shuffles keys between GPUs against it; nothing here does).

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyProjection } from '../../heads/projection.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { matrixOf } from '../../models/parameters.js';
import type { Net, ObjectiveFactory, WeightsOf } from '../objective.js';
import { QUEUE, type MocoOptions } from './puzzle.js';

export const moco: ObjectiveFactory<MocoOptions> = (options) => {
  const embed = (pictures: Tensor4D, net: Net, weights: WeightsOf): Tensor2D =>
    applyProjection(net.encode(pictures, { weights }).at(-1)!, options, net.named(weights));
  return {
    predict: ({ tensors }, net) => ({
      query: embed(tensors['query'] as Tensor4D, net, 'student'),
      key: embed(tensors['key'] as Tensor4D, net, 'teacher'),
    }),
    losses(predictions, { weights }, net) {
      const [queriesBD, keysBD] = [predictions['query'] as Tensor2D, predictions['key'] as Tensor2D];
      const othersKD = matrixOf(net.named(), QUEUE);
      const { terms, metrics } = contrast({ queriesBD, keysBD, othersKD }, options.temperature);
      return { terms, metrics: { ...metrics, ...measureEmbedding(queriesBD, keysBD, tf.tensor1d(weights)) }, rows: { [QUEUE]: keysBD } };
    },
  };
};
