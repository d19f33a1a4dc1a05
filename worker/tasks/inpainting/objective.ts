// Inpainting: the decoder, the loss, and the critic where there is one. Shape letters: B samples, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../backends/stop-gradient.js';
import { decoderOf } from '../../heads/decoder-state.js';
import { applyDecoder, planDecoderOver } from '../../heads/decoder.js';
import { decibelsOver, gainOver, meanColour, meanSquare } from '../../losses/pixels.js';
import { judge } from '../../losses/verdict.js';
import type { Net, ObjectiveFactory, Outcome } from '../objective.js';
import { CRITIC, planCritic } from './critic-state.js';
import { applyCritic } from './critic.js';
import type { InpaintingOptions } from './puzzle.js';

/** What the critic and those whom it judges lose. It sees what was asked for alone: with the context it would find seams. */
function contest(made: Tensor4D, wanted: Tensor4D, { adversarial, criticWidth }: InpaintingOptions, net: Net): Outcome {
  const plan = planCritic(criticWidth, wanted.shape[3]);
  const fooled = applyCritic(plan, net.named('fixed'), made);
  const [onMade, onReal] = [applyCritic(plan, net.named(), stopGradient(made)), applyCritic(plan, net.named(), wanted)];
  const isRight = (right: tf.Tensor): Tensor1D => tf.cast(right as Tensor1D, 'float32');
  return {
    terms: {
      fooling: { perSample: tf.mul(judge(fooled, true), adversarial) },
      critic: { perSample: tf.mul(tf.add(judge(onMade, false), judge(onReal, true)), 0.5), player: CRITIC },
    },
    metrics: { spotted: { perSample: tf.mul(tf.add(isRight(tf.lessEqual(onMade, 0)), isRight(tf.greater(onReal, 0))), 0.5) } },
  };
}

export const inpainting: ObjectiveFactory<InpaintingOptions> = (options, sizes) => ({
  predict({ tensors }, net) {
    const { picture, hole } = tensors;
    // Zeros are the mean colour of photographs.
    const seen: Tensor4D = tf.mul(picture!, tf.sub(1, hole!));
    const features = net.encode(seen).at(-1)!;
    const plan = planDecoderOver(decoderOf(options, sizes), features);
    return { picture: applyDecoder(plan, features, net.named()) };
  },
  losses({ picture }, { tensors, weights }, net) {
    const [made, wanted, hole, asked] = [picture as Tensor4D, tensors['picture'] as Tensor4D, tensors['hole'] as Tensor4D, tensors['asked'] as Tensor4D];
    // A sample that cannot be used has no hole: a weight everywhere keeps its numbers finite.
    const nowhere = tf.sub<Tensor4D>(1, tf.max(hole, [1, 2, 3], true));
    const inHole = tf.add<Tensor4D>(hole, nowhere);
    const error = meanSquare(made, wanted, inHole);
    const flat = meanSquare(meanColour(wanted, tf.sub<Tensor4D>(1, hole)), wanted, inHole);
    const pixels = meanSquare(made, wanted, tf.add<Tensor4D>(asked, nowhere));
    const measured: Outcome = {
      terms: { pixels: { perSample: tf.mul(pixels, 1 - options.adversarial) } },
      metrics: {
        explained: gainOver(flat, error, weights),
        decibels: { perSample: decibelsOver(flat, error) },
        overDiffusion: { perSample: decibelsOver(meanSquare(tensors['diffused'] as Tensor4D, wanted, inHole), error) },
      },
    };
    if (options.adversarial === 0) return measured;
    const shown: Tensor4D = tf.cast(tf.greater(asked, 0), 'float32');
    const { terms, metrics } = contest(tf.mul(made, shown), tf.mul(wanted, shown), options, net);
    return { terms: { ...measured.terms, ...terms }, metrics: { ...measured.metrics, ...metrics } };
  },
});
