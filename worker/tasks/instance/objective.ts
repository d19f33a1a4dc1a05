// Instance discrimination: the view's row, and the loss against the bank. The bank's rows are constants to the gradient; they move
// when the step is applied. Shape letters: B samples, D numbers of a row, R negatives and one more.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyProjection } from '../../heads/projection.js';
import { drawNegatives } from '../../losses/draw-negatives.js';
import { measureCollapse } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { matrixOf } from '../../models/parameters.js';
import type { ObjectiveFactory } from '../objective.js';
import { BANK, countNegatives, type InstanceOptions } from './puzzle.js';

const pickRows = (rowsND: Tensor2D, places: Int32Array): Tensor2D => tf.gather(rowsND, tf.tensor1d(places, 'int32'));

export const instance: ObjectiveFactory<InstanceOptions> = (options, { numInstances }) => ({
  predict({ tensors, instances }, net) {
    const embed = (view: string): Tensor2D => applyProjection(net.encode(tensors[view] as Tensor4D).at(-1)!, options, net.named());
    return { query: embed('view'), key: instances ? pickRows(matrixOf(net.named(), BANK), instances) : embed('other') };
  },
  losses(predictions, { numSamples, instances, weights }, net) {
    const [queriesBD, keysBD] = [predictions['query'] as Tensor2D, predictions['key'] as Tensor2D];
    const ownRows = instances ?? new Int32Array(numSamples).fill(-1);
    const { rows, leftOut } = drawNegatives(net.random, countNegatives(options, numInstances), numInstances, ownRows);
    const othersRD = pickRows(matrixOf(net.named(), BANK), rows);
    const leftOutBR = tf.tensor2d(leftOut, [numSamples, rows.length]);
    const { terms, metrics } = contrast({ queriesBD, keysBD, othersKD: othersRD, leftOutBK: leftOutBR }, options.temperature);
    return { terms, metrics: { ...metrics, ...measureCollapse(queriesBD, tf.tensor1d(weights)) }, rows: { [BANK]: queriesBD } };
  },
});
