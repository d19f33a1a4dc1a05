// SimSiam: the rows of both views, what the predictor guesses from each, and how far that is from the other. Shape letters: B samples, D
// numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { predictRows } from '../../heads/predictor.js';
import { averagePlaces, projectRows } from '../../heads/projection.js';
import { cosineDistance } from '../../losses/cosine.js';
import { findNearest, measureCollapse } from '../../losses/embedding.js';
import type { ObjectiveFactory } from '../objective.js';
import { headOf, type SimsiamOptions } from './puzzle.js';

export const simsiam: ObjectiveFactory<SimsiamOptions> = (options) => ({
  predict({ tensors, weights }, net) {
    const weightsB = tf.tensor1d(weights);
    const see = (view: string): Tensor2D => averagePlaces(net.encode(tensors[view] as Tensor4D).at(-1)!);
    const embed = (features: Tensor2D): Tensor2D => projectRows(features, headOf(options), net.named(), weightsB);
    const guess = (rowsBD: Tensor2D): Tensor2D => predictRows(rowsBD, options, net.named(), weightsB);
    const [features, featuresOfOther] = [see('one'), see('other')];
    const [one, other] = [embed(features), embed(featuresOfOther)];
    return { features, one, other, guessOfOther: guess(one), guessOfOne: guess(other) };
  },
  losses(predictions, { weights }) {
    const weightsB = tf.tensor1d(weights);
    const [one, other] = [predictions['one'] as Tensor2D, predictions['other'] as Tensor2D];
    const distances = [cosineDistance(predictions['guessOfOther'] as Tensor2D, other), cosineDistance(predictions['guessOfOne'] as Tensor2D, one)];
    return {
      terms: { distance: { perSample: tf.mul<Tensor1D>(tf.addN(distances), 0.5) } },
      // Rows are brought to one variance, even of pictures that all look alike to the trunk: its features say whether they do.
      metrics: { accuracy: { perSample: findNearest(one, other, weightsB) }, ...measureCollapse(predictions['features'] as Tensor2D, weightsB, options.dims) },
    };
  },
});
