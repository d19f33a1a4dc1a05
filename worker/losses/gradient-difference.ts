// How far the edges of a picture that was made are from those of the one that was wanted (Mathieu, Couprie, LeCun 2016): differences of
// neighbouring pixels, each by its size. Shape letters: B samples, H, W, C channels.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Sizes of the differences of neighbours along one axis. */
function stepsAlong(pictureBHWC: Tensor4D, axis: 1 | 2): Tensor4D {
  const length = pictureBHWC.shape[axis] - 1;
  const from = (start: number): Tensor4D => {
    const begin = [0, 0, 0, 0];
    const size = [-1, -1, -1, -1];
    begin[axis] = start;
    size[axis] = length;
    return tf.slice(pictureBHWC, begin, size);
  };
  return tf.abs(tf.sub(from(1), from(0)));
}

/** Mean over rows and columns of | |step of the one| - |step of the other| |, [B]; 0 for the same picture, and for its negative. */
export function gradientDifference(madeBHWC: Tensor4D, wantedBHWC: Tensor4D): Tensor1D {
  const along = (axis: 1 | 2): Tensor1D => tf.mean(tf.abs(tf.sub(stepsAlong(madeBHWC, axis), stepsAlong(wantedBHWC, axis))), [1, 2, 3]);
  return tf.add(along(1), along(2));
}
