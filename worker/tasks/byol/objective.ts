// BYOL: the student's rows with the predictor's guesses, the teacher's rows, and how far guesses are from those. Shape letters: B samples,
// D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { predictRows } from '../../heads/predictor.js';
import { averagePlaces, projectRows } from '../../heads/projection.js';
import { cosineDistance } from '../../losses/cosine.js';
import { measureEmbedding } from '../../losses/embedding.js';
import type { ObjectiveFactory, WeightsOf } from '../objective.js';
import { headOf, type ByolOptions } from './puzzle.js';

export const byol: ObjectiveFactory<ByolOptions> = (options) => ({
  predict({ tensors, weights }, net) {
    const weightsB = tf.tensor1d(weights);
    const embed = (view: string, from: WeightsOf): Tensor2D =>
      projectRows(averagePlaces(net.encode(tensors[view] as Tensor4D, { weights: from }).at(-1)!), headOf(options), net.named(from), weightsB);
    const guess = (rowsBD: Tensor2D): Tensor2D => predictRows(rowsBD, options, net.named(), weightsB);
    const [one, other] = [embed('one', 'student'), embed('other', 'student')];
    return {
      one, other, guessOfOther: guess(one), guessOfOne: guess(other),
      teacherOfOne: embed('one', 'teacher'), teacherOfOther: embed('other', 'teacher'),
    };
  },
  losses(predictions, { weights }) {
    const distanceOf = (guess: string, target: string): Tensor1D => cosineDistance(predictions[guess] as Tensor2D, predictions[target] as Tensor2D);
    const distances = [distanceOf('guessOfOther', 'teacherOfOther'), distanceOf('guessOfOne', 'teacherOfOne')];
    return {
      terms: { distance: { perSample: tf.mul<Tensor1D>(tf.addN(distances), 0.5) } },
      metrics: measureEmbedding(predictions['one'] as Tensor2D, predictions['other'] as Tensor2D, tf.tensor1d(weights)),
    };
  },
});
