// Spotting artifacts: two players. The trunk and its head tell whole pictures from mended ones; the repair makes that hard.
// Shape letters: B samples, H, W, C channels, P cells of a feature map.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../backends/stop-gradient.js';
import { decoderOf } from '../../heads/decoder-state.js';
import { applyDecoder, planDecoderOver } from '../../heads/decoder.js';
import { gainOver, meanColour, meanSquare } from '../../losses/pixels.js';
import { judge } from '../../losses/verdict.js';
import { applyConvolution, applyDense } from '../../models/layers.js';
import type { Measured, Net, ObjectiveFactory, WeightsOf } from '../objective.js';
import { planHead, type ArtifactSpottingOptions } from './puzzle.js';
import { damage, drawMask, maskAt, mendWith } from './repair.js';
import { planRepair, REPAIR } from './repair-state.js';

interface Verdicts {
  /** Logits of being whole, one a picture. */
  readonly isWhole: Tensor1D;
  /** Logits of being kept, one a cell, [pictures, P]. */
  readonly isKept: Tensor2D;
}

function judgePictures(pictures: Tensor4D, options: ArtifactSpottingOptions, net: Net, weights: WeightsOf): Verdicts {
  const features = net.encode(pictures, { weights }).at(-1)!;
  const { hidden, verdict, mask } = planHead(options, features.shape[3]);
  const named = net.named(weights);
  const seen = net.dropout(tf.relu(applyDense(hidden, named, tf.mean<Tensor2D>(features, [1, 2]))), options.dropout);
  const cells = applyConvolution(mask, named, features);
  return { isWhole: tf.reshape(applyDense(verdict, named, seen), [-1]), isKept: tf.reshape(cells, [pictures.shape[0], -1]) };
}

/** Share of the pairs of a kept and a damaged cell of which the kept one has the higher logit; weight 0 for pictures without pairs. */
function rankCells(logitsBP: Tensor2D, keptBP: Tensor2D, weightsB: Tensor1D): Measured {
  const [one, other]: [Tensor3D, Tensor3D] = [tf.expandDims(logitsBP, 2), tf.expandDims(logitsBP, 1)];
  const isPair: Tensor3D = tf.mul(tf.expandDims(keptBP, 2), tf.sub(1, tf.expandDims(keptBP, 1)));
  const isRight = tf.add(tf.cast(tf.greater(one, other), 'float32'), tf.mul(tf.cast(tf.equal(one, other), 'float32'), 0.5));
  const numPairs = tf.sum<Tensor1D>(isPair, [1, 2]);
  const right = tf.sum<Tensor1D>(tf.mul(isPair, isRight), [1, 2]);
  return { perSample: tf.div(right, tf.maximum(numPairs, 1)), weight: tf.mul(weightsB, tf.cast(tf.greater(numPairs, 0), 'float32')) };
}

/** What was said of whole pictures and mended ones in turn: of all whole ones, then of all mended ones. */
const sortKinds = (said: Tensor): Tensor => tf.concat(tf.unstack(tf.reshape(said, [-1, 2, ...said.shape.slice(1)]), 1), 0);
const asNumbers = (right: Tensor): Tensor1D => tf.cast(right as Tensor1D, 'float32');
const half = (one: Tensor, other: Tensor): Tensor1D => tf.mul(tf.add(one, other), 0.5);

export const artifactSpotting: ObjectiveFactory<ArtifactSpottingOptions> = (options, sizes) => ({
  predict({ tensors, numSamples }, net) {
    const picture = tensors['picture'] as Tensor4D;
    const features = net.encode(picture, { weights: 'teacher' }).at(-1)!;
    const plan = planDecoderOver(decoderOf(options, sizes), features);
    const mask = drawMask(net.random, numSamples, features.shape[1], options.kept);
    const whole = applyDecoder(plan, features, net.named());
    const mended = applyDecoder(plan, damage(features, mask), net.named(), mendWith(planRepair(plan), mask, net.named()));
    // Both kinds in one batch: statistics of one kind alone would give it away. A sample's pictures lie side by side, as everywhere.
    const kinds = tf.stack([options.guards.reconstructed ? whole : picture, stopGradient(mended)], 1);
    const shown = tf.reshape<tf.Rank.R4>(kinds, [-1, ...picture.shape.slice(1)] as Tensor4D['shape']);
    const { isWhole, isKept } = judgePictures(shown, options, net, 'student');
    return { whole, mended, isWhole: sortKinds(isWhole), isKept: sortKinds(isKept), kept: tf.reshape(maskAt(mask, mask.side), [numSamples, -1]), near: maskAt(mask, picture.shape[1]) };
  },
  losses({ whole, mended, isWhole, isKept, kept, near }, { tensors, weights }, net) {
    const picture = tensors['picture'] as Tensor4D;
    const [onWhole, onMended] = tf.split(isWhole as Tensor1D, 2) as [Tensor1D, Tensor1D];
    const [cellsOfWhole, cellsOfMended] = tf.split(isKept as Tensor2D, 2) as [Tensor2D, Tensor2D];
    const onFixed = judgePictures(mended as Tensor4D, options, net, 'fixed').isWhole;
    const keptBP = kept as Tensor2D;
    const onCells = tf.add<Tensor2D>(tf.mul(judge(cellsOfMended, true), keptBP), tf.mul(judge(cellsOfMended, false), tf.sub(1, keptBP)));
    const masks = half(tf.mean(judge(cellsOfWhole, true), 1), tf.mean(onCells, 1));
    // Where all is damaged nothing must be alike.
    const likeness = tf.mean<Tensor1D>(tf.mul(tf.squaredDifference(mended!, picture), near!), [1, 2, 3]);
    return {
      terms: {
        verdict: { perSample: half(judge(onWhole, true), judge(onMended, false)) },
        mask: { perSample: tf.mul(masks, options.maskWeight) },
        fooling: { perSample: judge(onFixed, true), player: REPAIR },
        likeness: { perSample: tf.mul(likeness, options.likeness), player: REPAIR },
      },
      metrics: {
        accuracy: { perSample: half(asNumbers(tf.greater(onWhole, 0)), asNumbers(tf.lessEqual(onMended, 0))) },
        maskRanked: rankCells(cellsOfMended, keptBP, tf.tensor1d(weights, 'float32')),
        reconstructed: gainOver(meanSquare(meanColour(picture), picture), meanSquare(whole as Tensor4D, picture), weights),
      },
    };
  },
});
