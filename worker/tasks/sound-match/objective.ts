// Does the sound belong to the picture: two embeddings, and an answer from their cosine, as AVE-Net's is from their distance
// (Arandjelovic and Zisserman 2018, "Objects that Sound"). Shape letters: B samples, T moments, M bands, E numbers of an embedding.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { classifyWeighed } from '../../losses/cross-entropy.js';
import { applyConvolution, applyDense } from '../../models/layers.js';
import { vectorOf } from '../../models/parameters.js';
import type { Batch, Net, ObjectiveFactory } from '../objective.js';
import { MATCH_SCALE, MATCH_SHIFT, planHead, type HeadPlan } from './head.js';
import { pairSounds, type Pairing } from './partners.js';
import type { SoundMatchOptions } from './puzzle.js';

/** Added to the squared length of an embedding. */
const EPSILON = 1e-6;

const pairingOf = ({ arrays, weights }: Batch): Pairing => pairSounds(arrays['item']!, arrays['match']!, weights);

const unitLength = (rowsBE: Tensor2D): Tensor2D => tf.mul(rowsBE, tf.rsqrt(tf.add(tf.sum(tf.square(rowsBE), 1, true), EPSILON)));

/** [B, T, M, 1] to [B, E], of length 1. */
function embedSound(spectrogramBTM1: Tensor4D, { convolutions, sound }: HeadPlan, net: Net): Tensor2D {
  const features = convolutions.reduce((inputs, layer) => applyConvolution(layer, net.named(), inputs), spectrogramBTM1);
  const bands = tf.mean(features, 1);
  return unitLength(applyDense(sound, net.named(), tf.reshape(bands, [features.shape[0], sound.numInputs])));
}

export const soundMatch: ObjectiveFactory<SoundMatchOptions> = (options) => ({
  predict(batch, net) {
    const { tensors, numSamples } = batch;
    const features = net.encode(tensors['picture'] as Tensor4D).at(-1)!;
    const plan = planHead(options, options.bands, features.shape[3]);
    const picture = unitLength(applyDense(plan.picture, net.named(), tf.mean<Tensor2D>(features, [1, 2])));
    const sound = embedSound(tensors['spectrogram'] as Tensor4D, plan, net);
    // Rows are picked by a product with zeros and ones, which is exact.
    const pick = tf.oneHot(tf.tensor1d(pairingOf(batch).heard, 'int32'), numSamples, 1, 0, 'float32') as Tensor2D;
    const cosine = tf.sum<Tensor1D>(tf.mul(picture, tf.matMul(pick, sound)), 1);
    const answer = tf.add(tf.mul(cosine, vectorOf(net.named(), MATCH_SCALE)), vectorOf(net.named(), MATCH_SHIFT));
    const answerB1 = tf.reshape<tf.Rank.R2>(answer, [numSamples, 1]);
    return { match: tf.concat([tf.zerosLike(answerB1), answerB1], 1) };
  },
  losses: ({ match }, batch) => classifyWeighed(match as Tensor2D, batch.tensors['match']!, tf.tensor1d(pairingOf(batch).weights)),
});
