// The head that says something of each pixel. Every stage of the trunk is brought to one number of channels; from the last one on, each map is scaled to the size of the one
// before and added to it. Shape letters: B samples, H = W = side of a map, K numbers of a pixel.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { applyConvolution, applyDense } from '../models/layers.js';
import type { NamedTensors } from '../models/model.js';
import { scaleTo } from './decoder.js';
import { planPyramid } from './pyramid-state.js';

export interface Pyramid {
  readonly width: number;
  /** Side of what it says, in pixels. */
  readonly side: number;
  readonly numOutputs: number;
}

/** Feature maps of all stages to [B, side, side, K]. Owns nothing. */
export function applyPyramid(maps: readonly Tensor4D[], { width, side, numOutputs }: Pyramid, parameters: NamedTensors): Tensor4D {
  const { lateral, smooth, outputs } = planPyramid(width, maps.map(({ shape }) => shape[3]), numOutputs);
  const brought = maps.map((map, stage) => applyConvolution(lateral[stage]!, parameters, map));
  const together = brought.reduceRight((above, map) => tf.add(scaleTo(above, map.shape[1]), map));
  const smoothed = applyConvolution(smooth, parameters, together);
  const saidBK = applyDense(outputs, parameters, tf.reshape<tf.Rank.R2>(smoothed, [-1, width]));
  return scaleTo(tf.reshape<tf.Rank.R4>(saidBK, [-1, smoothed.shape[1], smoothed.shape[1], numOutputs]), side);
}
