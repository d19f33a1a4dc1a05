// The average pooling before heads that read feature maps cell by cell.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { poolSize } from './pool-size.js';

/** Features [N, h, w, c], pooled to at most `grid` cells a side, to one row each, [N, cells * c]. Owns nothing. */
export function poolToRows(features: Tensor4D, grid: number): Tensor2D {
  const window = poolSize(features.shape[1], grid);
  const pooled = window > 1 ? tf.avgPool(features, window, window, 'same') : features;
  return tf.reshape(pooled, [pooled.shape[0], -1]);
}
