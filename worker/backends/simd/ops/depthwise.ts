// Depthwise convolution of NHWC images and its gradients.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { describeDepthwise, type ConvolutionAttributes, type ConvolutionInfo } from '../../convolution-geometry.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Slots } from '../slots.js';
import { windowSlots } from '../window-slots.js';

interface Side {
  readonly from: TensorInfo;
  readonly by: TensorInfo;
  readonly to: TensorInfo;
}

/** The slots of all three kernels. */
function slotsOf(backend: SimdBackend, { from, by, to }: Side, info: ConvolutionInfo): Slots<'depthwise'> {
  const [fromAt, byAt, toAt] = [from, by, to].map((tensor) => backend.pointerOf(tensor)) as [number, number, number];
  const { inHeight: H, inWidth: W, inChannels: C, outChannels, batchSize: N } = info;
  return { from: fromAt, by: byAt, to: toAt, H, W, C, M: outChannels / C, ...windowSlots(info), N };
}

export const depthwiseOps = {
  DepthwiseConv2dNative: defineOp((backend, { x, filter }: { x: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes) => {
    const info = isFloat(x, filter) ? describeDepthwise(x.shape, filter.shape, attributes) : undefined;
    if (info === undefined) return undefined;
    const out = backend.createOutput(info.outShape);
    backend.kernels.run('depthwise', info.batchSize * info.outHeight, slotsOf(backend, { from: x, by: filter, to: out }, info));
    return out;
  }),

  DepthwiseConv2dNativeBackpropInput: defineOp(
    (backend, { dy, filter }: { dy: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes & { inputShape: number[] }) => {
      const info = describeDepthwise(attributes.inputShape, filter.shape, attributes);
      if (info === undefined) return undefined;
      const out = backend.createOutput(info.inShape);
      const slots = slotsOf(backend, { from: dy, by: filter, to: out }, info);
      backend.kernels.run('depthwiseInputGradient', info.batchSize * info.inHeight, slots);
      return out;
    },
  ),

  DepthwiseConv2dNativeBackpropFilter: defineOp(
    (backend, { x, dy }: { x: TensorInfo; dy: TensorInfo }, attributes: ConvolutionAttributes & { filterShape: number[] }) => {
      const info = describeDepthwise(x.shape, attributes.filterShape, attributes);
      if (info === undefined) return undefined;
      const { inChannels, outChannels, filterHeight, filterWidth } = info;
      const out = backend.createOutput(attributes.filterShape);
      const groups = Math.ceil(inChannels / (outChannels === inChannels ? 4 : 1));
      const slots = slotsOf(backend, { from: x, by: dy, to: out }, info);
      backend.kernels.run('depthwiseFilterGradient', filterHeight * filterWidth * groups, slots);
      return out;
    },
  ),
} satisfies Record<string, Op>;
