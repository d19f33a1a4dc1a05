// LeJEPA: the rows of all crops, how far each is from the middle of the large ones, and how the rows of each crop are distributed.
// Shape letters: B samples, G large crops, L small ones, V = G + L, C channels, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { averagePlaces, projectRows } from '../../heads/projection.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { spreadOver } from '../../losses/microbatch.js';
import { drawDirections, sigreg } from '../../losses/sigreg.js';
import type { NamedTensors } from '../../models/model.js';
import type { Net, ObjectiveFactory } from '../objective.js';
import { headOf, type LejepaOptions } from './puzzle.js';

/** What the trunk says of crops [B, V, H, W, C], [V * B, C], crop by crop. */
function encodeCrops(crops: tf.Tensor, net: Net): Tensor2D {
  const [samples = 0, views = 0, ...picture] = crops.shape;
  const pictures: Tensor4D = tf.reshape(crops, [samples * views, ...picture] as Tensor4D['shape']);
  const pooledBVC = tf.reshape<tf.Rank.R3>(averagePlaces(net.encode(pictures).at(-1)!), [samples, views, -1]);
  return tf.reshape(tf.transpose(pooledBVC, [1, 0, 2]), [views * samples, -1]);
}

const listCrops = ({ global, local }: NamedTensors): tf.Tensor[] => [global!, ...(local ? [local] : [])];

export const lejepa: ObjectiveFactory<LejepaOptions> = (options) => ({
  predict({ tensors, weights, numSamples }, net) {
    const pooled = tf.concat(listCrops(tensors).map((crops) => encodeCrops(crops, net)), 0);
    const numCrops = pooled.shape[0] / numSamples;
    const rows = projectRows(pooled, headOf(options), net.named(), tf.tile(tf.tensor1d(weights), [numCrops]));
    return { rows: tf.reshape<tf.Rank.R3>(rows, [numCrops, numSamples, options.dims]) };
  },
  losses(predictions, { weights, numSamples }, net) {
    const { weight, dims, directions, crops: { global } } = options;
    const rowsVBD = predictions['rows'] as Tensor3D;
    const weightsB = tf.tensor1d(weights);
    const middleBD = tf.mean(tf.slice(rowsVBD, [0, 0, 0], [global, -1, -1]), 0);
    const distances = tf.mean<Tensor1D>(tf.squaredDifference(rowsVBD, middleBD), [0, 2]);
    const views = tf.unstack(rowsVBD) as Tensor2D[];
    const directionsDS = drawDirections(net.random, dims, directions);
    const statistics = views.map((rowsBD) => sigreg(rowsBD, directionsDS, weightsB));
    return {
      terms: {
        invariance: { perSample: tf.mul(distances, 1 - weight) },
        sigreg: { perSample: spreadOver(tf.mul(tf.addN(statistics), weight / views.length), numSamples) },
      },
      metrics: measureEmbedding(views[0]!, views[1]!, weightsB),
    };
  },
});
