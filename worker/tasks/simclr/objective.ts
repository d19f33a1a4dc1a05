// SimCLR: the rows of both views, and the loss over the microbatch.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyProjection } from '../../heads/projection.js';
import { measureCollapse } from '../../losses/embedding.js';
import { contrastViews } from '../../losses/nt-xent.js';
import type { ObjectiveFactory } from '../objective.js';
import type { SimclrOptions } from './puzzle.js';

export const simclr: ObjectiveFactory<SimclrOptions> = (options) => ({
  predict({ tensors }, net) {
    const embed = (view: string): Tensor2D => applyProjection(net.encode(tensors[view] as Tensor4D).at(-1)!, options, net.named());
    return { one: embed('one'), other: embed('other') };
  },
  losses(predictions, batch) {
    const [oneBD, otherBD] = [predictions['one'] as Tensor2D, predictions['other'] as Tensor2D];
    const weightsB = tf.tensor1d(batch.weights);
    const { loss, accuracy } = contrastViews(oneBD, otherBD, weightsB, options.temperature);
    return { terms: { ntXent: loss }, metrics: { accuracy, ...measureCollapse(oneBD, weightsB) } };
  },
});
