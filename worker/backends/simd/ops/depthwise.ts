// Depthwise convolution of NHWC images and its gradients.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { describeDepthwise, type ConvolutionAttributes, type ConvolutionInfo } from '../../convolution-geometry.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';

function run(backend: SimdBackend, kernel: string, numChunks: number, info: ConvolutionInfo, tensors: readonly TensorInfo[]): void {
  const { inHeight, inWidth, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo, batchSize } = info;
  backend.kernels.run(kernel, numChunks, [
    ...tensors.map((tensor) => backend.pointerOf(tensor)),
    ...[inHeight, inWidth, inChannels, outChannels / inChannels, outHeight, outWidth, filterHeight, filterWidth],
    ...[strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo.top, padInfo.left, batchSize],
  ]);
}

export const depthwiseOps = {
  DepthwiseConv2dNative: defineOp((backend, { x, filter }: { x: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes) => {
    const info = isFloat(x, filter) ? describeDepthwise(x.shape, filter.shape, attributes) : undefined;
    if (info === undefined) return undefined;
    const out = backend.createOutput(info.outShape);
    run(backend, 'depthwise', info.batchSize * info.outHeight, info, [x, filter, out]);
    return out;
  }),

  DepthwiseConv2dNativeBackpropInput: defineOp(
    (backend, { dy, filter }: { dy: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes & { inputShape: number[] }) => {
      const info = describeDepthwise(attributes.inputShape, filter.shape, attributes);
      if (info === undefined) return undefined;
      const out = backend.createOutput(info.inShape);
      run(backend, 'depthwiseInputGradient', info.batchSize * info.inHeight, info, [dy, filter, out]);
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
      run(backend, 'depthwiseFilterGradient', filterHeight * filterWidth * groups, info, [x, dy, out]);
      return out;
    },
  ),
} satisfies Record<string, Op>;
