// Group and batch normalisation as one operation with a hand-written gradient: about half the passes over the feature map that
// the chain of single operations would take.
// Shape letters: N images, P = H*W places, C channels, G groups, K = C/G channels of a group.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';

/** Added to the variance before the root. */
export const EPSILON = 1e-5;

/** Moments of each group, [N, G] each. */
export interface Moments {
  readonly meanNG: Tensor;
  readonly varianceNG: Tensor;
}

/** Mean over the K channels of a group, and back to one number a channel: [N, 1, C] to [N, 1, C]. */
function averageGroups(valuesN1C: Tensor, numGroups: number): { perGroup: Tensor; perChannel: Tensor3D } {
  const [n, , c] = valuesN1C.shape as [number, number, number];
  const k = c / numGroups;
  const grouped = tf.mean(tf.reshape(valuesN1C, [n * numGroups, k]), 1, true);
  const perChannel = tf.reshape<tf.Rank.R3>(tf.mul(grouped, tf.ones([1, k])), [n, 1, c]);
  return { perGroup: tf.reshape(grouped, [n, numGroups]), perChannel };
}

/**
 * Standardises each group of channels of each image to mean 0 and variance 1, then scales and shifts each channel.
 *
 * C must divide by `numGroups`. With N = 1, all images laid out as places and numGroups = C this is batch normalisation.
 * `onMoments` sees the moments before they are disposed: keep or copy what must last.
 */
export function normaliseGroups(
  inputsNPC: Tensor3D,
  scaleC: Tensor1D,
  shiftC: Tensor1D,
  numGroups: number,
  onMoments?: (moments: Moments) => void,
): Tensor3D {
  const [, , c] = inputsNPC.shape;
  const run = tf.customGrad((inputs, scale, shift, save) => {
    const x = inputs as Tensor3D;
    const keep = save as (tensors: Tensor[]) => void;
    const scale11C = tf.reshape(scale as Tensor1D, [1, 1, c]);
    const mean = averageGroups(tf.mean(x, 1, true), numGroups);
    const centred = tf.sub(x, mean.perChannel);
    const variance = averageGroups(tf.mean(tf.mul(centred, centred), 1, true), numGroups);
    onMoments?.({ meanNG: mean.perGroup, varianceNG: variance.perGroup });
    const inverse = tf.rsqrt(tf.add(variance.perChannel, EPSILON));
    const value = tf.add(tf.mul(centred, tf.mul(inverse, scale11C)), tf.reshape(shift as Tensor1D, [1, 1, c]));
    keep([centred, inverse, scale11C]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradients(dy as Tensor3D, saved, numGroups) };
  });
  return run(inputsNPC, scaleC, shiftC) as Tensor3D;
}

/** With g = dy * scale and z the standardised input: dx = inverse * (g - mean(g) - z * mean(g z)), means over a group. */
function gradients(dy: Tensor3D, saved: Tensor[], numGroups: number): Tensor[] {
  const [centred, inverse, scale11C] = saved as [Tensor3D, Tensor3D, Tensor3D];
  const numPlaces = dy.shape[1];
  const sumDy = tf.sum(dy, 1, true);
  const sumDyZ = tf.mul(tf.sum(tf.mul(dy, centred), 1, true), inverse);
  const meanG = tf.div(averageGroups(tf.mul(sumDy, scale11C), numGroups).perChannel, numPlaces);
  const meanGZ = tf.div(averageGroups(tf.mul(sumDyZ, scale11C), numGroups).perChannel, numPlaces);
  const alongDy = tf.mul(dy, tf.mul(inverse, scale11C));
  const alongZ = tf.mul(centred, tf.mul(meanGZ, tf.mul(inverse, inverse)));
  const dx = tf.sub(tf.sub(alongDy, alongZ), tf.mul(inverse, meanG));
  return [dx, tf.sum(sumDyZ, [0, 1]), tf.sum(sumDy, [0, 1])];
}
