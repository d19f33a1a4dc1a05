// What comes next: the head, which says how the last frame changes, and the losses. Shape letters: B samples, F frames, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { decoderOf } from '../../heads/decoder-state.js';
import { applyDecoder } from '../../heads/decoder.js';
import { gradientDifference } from '../../losses/gradient-difference.js';
import { decibelsOver, meanSquare } from '../../losses/pixels.js';
import { applyDense } from '../../models/layers.js';
import type { ObjectiveFactory } from '../objective.js';
import { planHead } from './head.js';
import type { FutureFrameOptions } from './puzzle.js';

/** A pixel moves where a channel of it changes by more, in deviations of photographs: about 6 grey levels. */
const LEAST_MOTION = 0.1;

/** Maps of single frames, [B * F, h, w, c], side by side, [B, h, w, F * c]. */
function joinFrames(maps: Tensor4D, numFrames: number): Tensor4D {
  const [, h, w, c] = maps.shape;
  const split: Tensor5D = tf.reshape(maps, [-1, numFrames, h, w, c]);
  return tf.reshape(tf.transpose(split, [0, 2, 3, 1, 4]), [-1, h, w, numFrames * c]);
}

/** The last of the frames that are seen. */
const lastOf = (framesBFHWC: tf.Tensor, side: number, channels: number): Tensor4D => {
  const numFrames = framesBFHWC.shape[1]!;
  return tf.reshape(tf.slice(framesBFHWC, [0, numFrames - 1, 0, 0, 0], [-1, 1, -1, -1, -1]), [-1, side, side, channels]);
};

export const futureFrame: ObjectiveFactory<FutureFrameOptions> = (options, sizes) => {
  const { numFrames, gradients, distance } = options;
  const { side, pixels: { channels } } = sizes;
  return {
    predict({ tensors }, net) {
      const frames = tensors['frames']!;
      const maps = net.encode(tf.reshape<tf.Rank.R4>(frames, [-1, side, side, channels])).map((map) => joinFrames(map, numFrames));
      const shapes = maps.map(({ shape }) => ({ side: shape[1], channels: shape[3] / numFrames }));
      const { decoder, skips } = planHead(decoderOf(options, sizes), shapes, numFrames);
      const change = applyDecoder(decoder, maps.at(-1)!, net.named(), (map, level) => {
        const skip = skips.find((each) => each.level === level);
        if (skip === undefined) return map;
        const rows: Tensor2D = tf.reshape(maps[skip.stage]!, [-1, skip.dense.numInputs]);
        return tf.add(map, tf.reshape(applyDense(skip.dense, net.named(), rows), map.shape));
      });
      return { future: tf.add(lastOf(frames, side, channels), change) };
    },
    losses(predictions, { tensors, weights }) {
      const made = predictions['future'] as Tensor4D;
      const wanted = tensors['future'] as Tensor4D;
      const last = lastOf(tensors['frames']!, side, channels);
      const moves = tf.cast<Tensor4D>(tf.greater(tf.max(tf.abs(tf.sub(wanted, last)), 3, true), LEAST_MOTION), 'float32');
      const hasMotion = tf.cast<Tensor1D>(tf.greater(tf.sum(moves, [1, 2, 3]), 0), 'float32');
      // Where nothing moves, all places count, so that nothing is divided by 0; such a sample weighs nothing.
      const places = tf.where(tf.greater(tf.reshape(hasMotion, [-1, 1, 1, 1]), 0), moves, tf.onesLike(moves));
      const gain = decibelsOver(meanSquare(last, wanted, places), meanSquare(made, wanted, places));
      return {
        terms: {
          pixels: { perSample: distance === 'square' ? meanSquare(made, wanted) : tf.mean<Tensor1D>(tf.abs(tf.sub(made, wanted)), [1, 2, 3]) },
          ...(gradients > 0 && { gradients: { perSample: tf.mul(gradientDifference(made, wanted), gradients) } }),
        },
        metrics: { gain: { perSample: gain, weight: tf.mul(hasMotion, tf.tensor1d(weights)) } },
      };
    },
  };
};
