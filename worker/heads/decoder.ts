// The head that makes a picture of a feature map: each level scales the map up, without the checkerboard of transposed convolutions, and
// convolves it. Shape letters: B samples, H = W = side of a map, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyConvolution, applyDense } from '../models/layers.js';
import type { NamedTensors } from '../models/model.js';
import { planDecoder, type Decoder, type DecoderPlan } from './decoder-state.js';

/** Changes a map before the level of that number, counted from 0, scales it up. */
export type ChangeMap = (mapBHWC: Tensor4D, level: number) => Tensor4D;

const unchanged: ChangeMap = (mapBHWC) => mapBHWC;

/** The layers over a feature map, [B, h, w, c]. */
export const planDecoderOver = (decoder: Decoder, { shape: [, side, , channels] }: Tensor4D): DecoderPlan => planDecoder(decoder, { side, channels });

/** Bilinear, corners on corners. */
export const scaleTo = (mapBHWC: Tensor4D, side: number): Tensor4D => (mapBHWC.shape[1] === side ? mapBHWC : tf.image.resizeBilinear(mapBHWC, [side, side], true));

/** A feature map [B, h, w, c] to pictures of normalised numbers, [B, side, side, C]. Owns nothing. */
export function applyDecoder({ code, entry, entryChannels, entrySide, levels }: DecoderPlan, features: Tensor4D, parameters: NamedTensors, change: ChangeMap = unchanged): Tensor4D {
  const inputs = code ? applyDense(code, parameters, tf.reshape<tf.Rank.R2>(features, [features.shape[0], -1])) : tf.reshape<tf.Rank.R2>(features, [-1, features.shape[3]]);
  const entered: Tensor2D = tf.relu(applyDense(entry, parameters, inputs));
  let map: Tensor4D = tf.reshape(entered, [-1, entrySide, entrySide, entryChannels]);
  levels.forEach(({ side, convolution }, level) => {
    map = applyConvolution(convolution, parameters, scaleTo(change(map, level), side));
  });
  return map;
}
