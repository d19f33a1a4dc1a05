// PIRL: the rows of the view and of the transformed picture, and the loss of both against the bank. Shape letters: B samples, P patches,
// C channels, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { averagePlaces, toUnitRows } from '../../heads/projection.js';
import { lookAtOthers, pickRows } from '../../losses/bank.js';
import { findNearest, measureCollapse } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { applyDense } from '../../models/layers.js';
import { matrixOf } from '../../models/parameters.js';
import { BANK, countNegatives } from '../bank.js';
import type { Net, ObjectiveFactory, Term } from '../objective.js';
import { planHead, type PirlOptions } from './puzzle.js';

const encode = (pictures: Tensor4D, net: Net): Tensor2D => averagePlaces(net.encode(pictures).at(-1)!);

/** The row of the turned picture, or of the patches in their order. */
function embedTransformed(transformed: tf.Tensor, options: PirlOptions, net: Net): Tensor2D {
  const [numSamples = 0] = transformed.shape;
  const pooled = encode(tf.reshape(transformed, [-1, ...transformed.shape.slice(-3)] as Tensor4D['shape']), net);
  const plan = planHead(options, pooled.shape[1]);
  const rows = applyDense(plan.transformed, net.named(), pooled);
  if (!plan.together) return toUnitRows(rows);
  return toUnitRows(applyDense(plan.together, net.named(), tf.reshape<tf.Rank.R2>(rows, [numSamples, -1])));
}

const weigh = ({ perSample }: Term, weight: number): Term => ({ perSample: tf.mul(perSample, weight) });

export const pirl: ObjectiveFactory<PirlOptions> = (options, { numInstances }) => ({
  predict({ tensors, instances }, net) {
    const pooled = encode(tensors['view'] as Tensor4D, net);
    const view = toUnitRows(applyDense(planHead(options, pooled.shape[1]).view, net.named(), pooled));
    // The view stands for the row of a picture that has none, because it is not trained on.
    return { view, transformed: embedTransformed(tensors['transformed']!, options, net), key: instances ? pickRows(matrixOf(net.named(), BANK), instances) : view };
  },
  losses(predictions, { numSamples, instances, weights }, net) {
    const [view, transformed, key] = ['view', 'transformed', 'key'].map((name) => predictions[name] as Tensor2D) as [Tensor2D, Tensor2D, Tensor2D];
    const weightsB = tf.tensor1d(weights);
    const numNegatives = countNegatives(options, numInstances);
    const others = lookAtOthers(matrixOf(net.named(), BANK), { numSamples, instances, numNegatives, random: net.random });
    const compare = (queriesBD: Tensor2D) => contrast({ queriesBD, keysBD: key, ...others }, options.temperature);
    const [ofView, ofTransformed] = [compare(view), compare(transformed)];
    return {
      terms: { view: weigh(ofView.terms['infoNce']!, 1 - options.share), transformed: weigh(ofTransformed.terms['infoNce']!, options.share) },
      metrics: { found: ofTransformed.metrics['found']!, accuracy: { perSample: findNearest(transformed, key, weightsB) }, ...measureCollapse(view, weightsB) },
      rows: { [BANK]: view },
    };
  },
});
