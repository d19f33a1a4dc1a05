// Convolutions of NHWC images without dilation and their gradients, as implicit matrix products: nothing is unrolled in memory.
// Leaves out the input's gradient: see input-gradient.ts. Shape letters: N images, C channels, K filter side, P, Q output.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { describeConvolution, type ConvolutionAttributes, type ConvolutionInfo } from '../../convolution-geometry.js';
import { runProduct } from '../gemm/run.js';
import type { Operand, Product } from '../gemm/plan.js';
import { defineOp, isFloat } from '../program.js';
import type { GpuBackend, Op } from '../program.js';
import { element, isWhole, nameOf } from './geometry.js';
import { inputGradient } from './input-gradient.js';

/** The images as a matrix of windows, [N*P*Q, K*K*C]; `window` and `within` name the WGSL variables that index it. */
function readWindows(info: ConvolutionInfo, window: 'outer' | 'depth', within: 'outer' | 'depth'): Operand {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const isVector = isWhole(inChannels);
  return {
    contiguous: within,
    isVector,
    read: `
      let place = ${window} % ${outHeight * outWidth};
      let tap = ${within} / ${inChannels};
      let h = place / ${outWidth} * ${strideHeight} - ${padInfo.top} + tap / ${filterWidth};
      let w = place % ${outWidth} * ${strideWidth} - ${padInfo.left} + tap % ${filterWidth};
      if (h < 0 || h >= ${inHeight} || w < 0 || w >= ${inWidth}) { return zero; }
      let image = ${window} / ${outHeight * outWidth};
      return ${element('a', `((image * ${inHeight} + h) * ${inWidth} + w) * ${inChannels} + ${within} % ${inChannels}`, isVector)};`,
  };
}

/** A plain matrix [depth, columns]. */
function readRows(columns: number): Operand {
  const isVector = isWhole(columns);
  return { contiguous: 'outer', isVector, read: `return ${element('b', `depth * ${columns} + outer`, isVector)};` };
}

function forward(backend: GpuBackend, x: TensorInfo, filter: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = info;
  const product: Product = {
    key: nameOf('convolve', info),
    batches: 1,
    rows: batchSize * outHeight * outWidth,
    columns: outChannels,
    depth: filterHeight * filterWidth * inChannels,
    left: readWindows(info, 'outer', 'depth'),
    right: readRows(outChannels),
  };
  return runProduct(backend, product, { a: x, b: filter }, info.outShape);
}

function filterGradient(backend: GpuBackend, x: TensorInfo, dy: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = info;
  const product: Product = {
    key: nameOf('filterGradient', info),
    batches: 1,
    rows: filterHeight * filterWidth * inChannels,
    columns: outChannels,
    depth: batchSize * outHeight * outWidth,
    left: readWindows(info, 'depth', 'outer'),
    right: readRows(outChannels),
  };
  return runProduct(backend, product, { a: x, b: dy }, info.filterShape);
}

export const convolutionOps = {
  Conv2D: defineOp((backend, { x, filter }: { x: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes) => {
    const info = isFloat(x, filter) ? describeConvolution(x.shape, filter.shape, attributes) : undefined;
    return info && forward(backend, x, filter, info);
  }),

  Conv2DBackpropFilter: defineOp(
    (backend, { x, dy }: { x: TensorInfo; dy: TensorInfo }, attributes: ConvolutionAttributes & { filterShape: number[] }) => {
      const info = isFloat(x, dy) ? describeConvolution(x.shape, attributes.filterShape, attributes) : undefined;
      return info && filterGradient(backend, x, dy, info);
    },
  ),

  Conv2DBackpropInput: defineOp(
    (backend, { dy, filter }: { dy: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes & { inputShape: number[] }) => {
      const info = isFloat(dy, filter) ? describeConvolution(attributes.inputShape, filter.shape, attributes) : undefined;
      return info && inputGradient(backend, dy, filter, info);
    },
  ),
} satisfies Record<string, Op>;
