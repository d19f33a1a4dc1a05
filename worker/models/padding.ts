// How a convolution or a pooling of stride 2 sees the edges of a map. Both ways give the side divided by the stride, rounded up, and both
// are the same where the stride is 1 or the side is odd.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Padding } from './layer-state.js';

export interface Window {
  readonly size: number;
  readonly stride: number;
  readonly padding?: Padding | undefined;
}

/** A map with zeros around it where the window asks for them, and the padding that is left to the operation. Owns nothing. */
export function padFor({ size, stride, padding = 'same' }: Window, mapNHWC: Tensor4D): readonly [Tensor4D, 'same' | 'valid'] {
  if (padding === 'same' || stride === 1 || size === 1) return [mapNHWC, 'same'];
  const around: [number, number] = [(size - 1) / 2, (size - 1) / 2];
  return [tf.pad(mapNHWC, [[0, 0], around, around, [0, 0]]), 'valid'];
}
