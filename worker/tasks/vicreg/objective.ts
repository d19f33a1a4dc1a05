// VICReg: the rows of both views, and the loss over the microbatch.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { averagePlaces, projectRows } from '../../heads/projection.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { vicreg as loseVicreg } from '../../losses/vicreg.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, type VicregOptions } from './puzzle.js';

export const vicreg: ObjectiveFactory<VicregOptions> = (options) => ({
  predict({ tensors, weights }, net) {
    const embed = (view: string): Tensor2D =>
      projectRows(averagePlaces(net.encode(tensors[view] as Tensor4D).at(-1)!), headOf(options), net.named(), tf.tensor1d(weights));
    return { one: embed('one'), other: embed('other') };
  },
  losses(predictions, batch) {
    const [oneBD, otherBD] = [predictions['one'] as Tensor2D, predictions['other'] as Tensor2D];
    const weightsB = tf.tensor1d(batch.weights);
    return { terms: loseVicreg(oneBD, otherBD, weightsB, options), metrics: measureEmbedding(oneBD, otherBD, weightsB) };
  },
});
