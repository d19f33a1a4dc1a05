// Damage to features, and the layers that mend it on their way through a decoder. Shape letters: B samples, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../shared/random/random.js';
import type { ChangeMap } from '../../heads/decoder.js';
import { applyConvolution } from '../../models/layers.js';
import type { NamedTensors } from '../../models/model.js';
import type { RepairLayer } from './repair-state.js';

/** Which cells of each sample's feature map are kept: ones, [B * side * side]; the others are damaged. */
export interface Mask {
  readonly kept: Float32Array;
  readonly side: number;
}

export const drawMask = (random: Random, numSamples: number, side: number, share: number): Mask =>
  ({ side, kept: Float32Array.from({ length: numSamples * side * side }, () => (random.chance(share) ? 1 : 0)) });

/** The mask at another side, [B, side, side, 1]: each place has what its nearest cell has. */
export function maskAt({ kept, side: cells }: Mask, side: number): Tensor4D {
  const numSamples = kept.length / (cells * cells);
  const at = new Float32Array(numSamples * side * side);
  for (let i = 0; i < at.length; i++) {
    const [sample, row, column] = [Math.floor(i / (side * side)), Math.floor(i / side) % side, i % side];
    at[i] = kept[(sample * cells + Math.floor((row * cells) / side)) * cells + Math.floor((column * cells) / side)]!;
  }
  return tf.tensor4d(at, [numSamples, side, side, 1]);
}

/** Cells that are not kept become the mean of their neighbourhood of 3 by 3: zeros would be too easy to see. Owns nothing. */
export function damage(features: Tensor4D, mask: Mask): Tensor4D {
  const keptBHW1 = maskAt(mask, mask.side);
  const around = tf.avgPool(features, 3, 1, 'same');
  return tf.add(tf.mul(features, keptBHW1), tf.mul(around, tf.sub(1, keptBHW1)));
}

/** Mends a map before each level of the decoder, where it is damaged alone. */
export function mendWith(layers: readonly RepairLayer[], mask: Mask, parameters: NamedTensors): ChangeMap {
  return (map, level) => {
    const { look, mend } = layers[level]!;
    const keptBHW1 = maskAt(mask, map.shape[1]);
    const seen = applyConvolution(look, parameters, tf.concat([map, keptBHW1], 3));
    return tf.add(map, tf.mul(applyConvolution(mend, parameters, seen), tf.sub(1, keptBHW1)));
  };
}
