// Gradients of sums, means, extremes and softmax.

import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Gradient } from './gradient.js';

interface ReduceAttributes {
  readonly axis?: number | number[] | null;
  readonly reductionIndices?: number | number[] | null;
}

function axesOf({ axis, reductionIndices }: ReduceAttributes, x: Tensor): number[] {
  // No axis at all means every axis.
  return tf.util.parseAxisParam(axis ?? reductionIndices ?? [...x.shape.keys()], x.shape);
}

/** A reduced tensor with its axes put back, of extent 1. */
function withAxes(reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return tf.reshape(reduced, x.shape.map((extent, d) => (axes.includes(d) ? 1 : extent)));
}

/** All that equal the extreme get its gradient. */
const extreme: Gradient = {
  saves: ['x'],
  savesOutput: true,
  compute: (dy, [x, y], attributes: ReduceAttributes) => ({
    x: () => {
      const axes = axesOf(attributes, x!);
      return tf.mul(withAxes(dy, x!, axes), tf.cast(tf.equal(x!, withAxes(y!, x!, axes)), 'float32'));
    },
  }),
};

export const reduceGradients = {
  Sum: {
    saves: ['x'],
    compute: (dy, [x], attributes: ReduceAttributes) => ({
      x: () => tf.broadcastTo(withAxes(dy, x!, axesOf(attributes, x!)), x!.shape),
    }),
  },
  Mean: {
    saves: ['x'],
    compute: (dy, [x], attributes: ReduceAttributes) => ({
      x: () => {
        const axes = axesOf(attributes, x!);
        const share = tf.div(dy, axes.reduce((count, axis) => count * x!.shape[axis]!, 1));
        return tf.broadcastTo(withAxes(share, x!, axes), x!.shape);
      },
    }),
  },
  Max: extreme,
  Min: extreme,
  Softmax: {
    savesOutput: true,
    compute: (dy, [y], { dim }: { dim: number }) => ({
      logits: () => tf.mul(y!, tf.sub(dy, tf.sum(tf.mul(dy, y!), dim, true))),
    }),
  },
  LogSoftmax: {
    savesOutput: true,
    compute: (dy, [y], { axis }: { axis: number }) => ({
      logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.exp(y!))),
    }),
  },
} satisfies Record<string, Gradient>;
