// Instance discrimination: the view's row, and the loss against the bank.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyProjection } from '../../heads/projection.js';
import { lookAtOthers, pickRows } from '../../losses/bank.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { matrixOf } from '../../models/parameters.js';
import { BANK, countNegatives } from '../bank.js';
import type { ObjectiveFactory } from '../objective.js';
import type { InstanceOptions } from './puzzle.js';

export const instance: ObjectiveFactory<InstanceOptions> = (options, { numInstances }) => ({
  predict({ tensors, instances }, net) {
    const embed = (view: string): Tensor2D => applyProjection(net.encode(tensors[view] as Tensor4D).at(-1)!, options, net.named());
    return { query: embed('view'), key: instances ? pickRows(matrixOf(net.named(), BANK), instances) : embed('other') };
  },
  losses(predictions, { numSamples, instances, weights }, net) {
    const [queriesBD, keysBD] = [predictions['query'] as Tensor2D, predictions['key'] as Tensor2D];
    const numNegatives = countNegatives(options, numInstances);
    const others = lookAtOthers(matrixOf(net.named(), BANK), { numSamples, instances, numNegatives, random: net.random });
    const { terms, metrics } = contrast({ queriesBD, keysBD, ...others }, options.temperature);
    return { terms, metrics: { ...metrics, ...measureEmbedding(queriesBD, keysBD, tf.tensor1d(weights)) }, rows: { [BANK]: queriesBD } };
  },
});
