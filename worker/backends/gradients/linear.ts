// Gradients of convolutions, matrix products, pooling and resizing.

import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from './gradient.js';
import type { Gradient } from './gradient.js';

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function throwOnDilation(name: string, dilations: number | readonly number[] | undefined): void {
  const all = typeof dilations === 'number' ? [dilations] : (dilations ?? []);
  if (all.some((dilation) => dilation !== 1)) throw new Error(`${name} has a gradient without dilation only; got [${all.join()}]`);
}


/** A product's gradient has the stack of the output; an operand that was broadcast wants the sum over it. */
function unstack(gradient: Tensor, operand: Tensor): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(operand.shape.slice(0, -2), gradient.shape.slice(0, -2));
  return axes.length > 0 ? tf.reshape(tf.sum(gradient, axes), operand.shape) : gradient;
}

const batchMatmul: Gradient = {
  saves: ['a', 'b'],
  compute: (dy, [a, b], { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }) => ({
    a: () => unstack(transposeA ? tf.matMul(b as Tensor3D, dy, transposeB, true) : tf.matMul(dy, b as Tensor3D, false, !transposeB), a!),
    b: () => unstack(transposeB ? tf.matMul(dy, a as Tensor3D, true, transposeA) : tf.matMul(a as Tensor3D, dy, !transposeA, false), b!),
  }),
};

const conv2d: Gradient = {
  saves: ['x', 'filter'],
  compute: (dy, [x, filter], { dilations, ...attributes }: ConvolutionAttributes) => {
    throwOnDilation('conv2d', dilations);
    return {
      x: () => runKernel('Conv2DBackpropInput', { dy, filter: filter! }, { ...attributes, inputShape: x!.shape }),
      filter: () => runKernel('Conv2DBackpropFilter', { x: x!, dy }, { ...attributes, filterShape: filter!.shape }),
    };
  },
};

const depthwise: Gradient = {
  saves: ['x', 'filter'],
  compute: (dy, [x, filter], attributes: ConvolutionAttributes) => {
    throwOnDilation('depthwiseConv2d', attributes.dilations);
    return {
      x: () => runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter: filter! }, { ...attributes, inputShape: x!.shape }),
      filter: () => runKernel('DepthwiseConv2dNativeBackpropFilter', { x: x!, dy }, { ...attributes, filterShape: filter!.shape }),
    };
  },
};

/** The input's gradient is linear in both of its inputs: convolution again, and the filter's gradient. */
const conv2dInput: Gradient = {
  saves: ['dy', 'filter'],
  compute: (ddx, [dy, filter], attributes: ConvolutionAttributes) => {
    const { strides, pad, dataFormat, dimRoundingMode } = attributes;
    return {
      dy: () => tf.conv2d(ddx as Tensor4D, filter as Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
      filter: () => runKernel('Conv2DBackpropFilter', { x: ddx, dy: dy! }, { ...attributes, filterShape: filter!.shape }),
    };
  },
};

export const linearGradients = {
  BatchMatMul: batchMatmul,
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dInput,
  DepthwiseConv2dNative: depthwise,
  MaxPool: {
    saves: ['x'],
    savesOutput: true,
    compute: (dy, [input, output], attributes: object) => ({
      x: () => runKernel('MaxPoolGrad', { dy, input: input!, output: output! }, attributes),
    }),
  },
  AvgPool: {
    saves: ['x'],
    compute: (dy, [input], attributes: object) => ({ x: () => runKernel('AvgPoolGrad', { dy, input: input! }, attributes) }),
  },
  ResizeBilinear: {
    saves: ['images'],
    compute: (dy, [images], attributes: object) => ({
      images: () => runKernel('ResizeBilinearGrad', { dy, images: images! }, attributes),
    }),
  },
  ResizeNearestNeighbor: {
    saves: ['images'],
    compute: (dy, [images], attributes: object) => ({
      images: () => runKernel('ResizeNearestNeighborGrad', { dy, images: images! }, attributes),
    }),
  },
} satisfies Record<string, Gradient>;

