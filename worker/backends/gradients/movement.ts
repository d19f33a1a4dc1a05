// Gradients of ops that only move numbers.

import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Gradient } from './gradient.js';

const reshape: Gradient = { saves: ['x'], compute: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }) };

/** Rows of a gathered gradient that came from one row are summed. */
function scatterRows(dy: Tensor, x: Tensor, indices: Tensor, axis: number): Tensor {
  const rest = x.shape.map((_, d) => d).filter((d) => d !== axis);
  const flat = tf.reshape(dy, [...x.shape.slice(0, axis), indices.size, ...x.shape.slice(axis + 1)]);
  const rowsFirst = axis === 0 ? flat : tf.transpose(flat, [axis, ...rest]);
  const summed = tf.unsortedSegmentSum(rowsFirst, tf.reshape<tf.Rank.R1>(indices, [indices.size]), x.shape[axis]!);
  if (axis === 0) return summed;
  const order = [axis, ...rest];
  return tf.transpose(summed, order.map((_, d) => order.indexOf(d)));
}

export const movementGradients = {
  Reshape: reshape,
  ExpandDims: { ...reshape, saves: ['input'], compute: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }) },

  Transpose: {
    compute: (dy, _, { perm }: { perm: readonly number[] }) => ({ x: () => tf.transpose(dy, perm.map((__, d) => perm.indexOf(d))) }),
  },

  Slice: {
    saves: ['x'],
    compute: (dy, [x], { begin, size }: { begin: number | number[]; size: number | number[] }) => ({
      x: () => {
        const [from = [], extent = []] = tf.slice_util.parseSliceParams(x!, begin, size);
        return tf.pad(dy, x!.shape.map((length, d) => [from[d]!, length - from[d]! - extent[d]!]));
      },
    }),
  },

  PadV2: {
    saves: ['x'],
    compute: (dy, [x], { paddings }: { paddings: readonly [number, number][] }) => ({
      x: () => tf.slice(dy, paddings.map(([before]) => before), x!.shape),
    }),
  },

  Tile: {
    saves: ['x'],
    // [reps * extent] seen as [reps, extent], summed over the repetitions. Only where there are some: backends have six axes.
    compute: (dy, [x], { reps }: { reps: readonly number[] }) => ({
      x: () => {
        const parts = x!.shape.flatMap((extent, d) => (reps[d] === 1 ? [] : [{ extent: reps[d]!, isRepeat: true }]).concat({ extent, isRepeat: false }));
        const axes = parts.flatMap(({ isRepeat }, d) => (isRepeat ? [d] : []));
        const seen = tf.reshape(dy, parts.map(({ extent }) => extent));
        return axes.length > 0 ? tf.sum(seen, axes) : seen;
      },
    }),
  },

  Concat: {
    savesAllInputs: true,
    compute: (dy, saved, { axis }: { axis: number }) => {
      const [at = 0] = tf.util.parseAxisParam(axis, saved[0]!.shape);
      const parts = tf.split(dy, saved.map((tensor) => tensor.shape[at]!), at);
      return parts.map((part) => () => part);
    },
  },

  Pack: {
    savesAllInputs: true,
    compute: (dy, _, { axis }: { axis: number }) => tf.unstack(dy, axis).map((part) => () => part),
  },

  // These two have several outputs, so `dy` is a list.
  Unpack: {
    compute: (dy, _, { axis }: { axis: number }) => ({ value: () => tf.stack(dy as unknown as Tensor[], axis) }),
  },
  SplitV: {
    compute: (dy, _, { axis }: { axis: number }) => ({ x: () => tf.concat(dy as unknown as Tensor[], axis) }),
  },

  Reverse: { compute: (dy, _, { dims }: { dims: number | number[] }) => ({ x: () => tf.reverse(dy, dims) }) },

  GatherV2: {
    saves: ['x', 'indices'],
    compute: (dy, [x, indices], { axis, batchDims = 0 }: { axis: number; batchDims?: number }) => {
      if (batchDims !== 0) throw new Error(`gather has a gradient for batchDims 0 only; got ${batchDims}`);
      const [at = 0] = tf.util.parseAxisParam(axis, x!.shape);
      return { x: () => scatterRows(dy, x!, indices!, at), indices: () => tf.zerosLike(indices!) };
    },
  },
} satisfies Record<string, Gradient>;
