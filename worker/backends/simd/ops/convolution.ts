// Convolutions of NHWC images without dilation, as matrix products over windows of a framed image: the window's rows are
// contiguous there, so nothing is unrolled. The input's gradient is a convolution of the output's gradient, one for each
// residue of the stride. Shape letters: N images, H, W, C input; K filter side; P output pixels; O output channels.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { describeConvolution, listResidues, type ConvolutionAttributes, type ConvolutionInfo, type Residue } from '../../convolution-geometry.js';
import { frameImages, releaseFrame } from '../frame.js';
import type { Framed, Windows } from '../frame.js';
import { allocatePacked, multiplyColumns, multiplyRows, packInto } from '../gemm.js';
import type { PackedMatrix, RowsTarget } from '../gemm.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import { isWinograd, tapsOf, tapsOfPacked, winogradConvolution, winogradFilterGradient } from '../winograd.js';
import type { Windowed } from '../winograd.js';

function windowsOf(info: ConvolutionInfo): Windows {
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth, outHeight, outWidth } = info;
  return { top: padInfo.top, left: padInfo.left, strideHeight, strideWidth, filterHeight, filterWidth, outHeight, outWidth };
}

/** The rows of the product: one window each. */
function createWindowRows(backend: SimdBackend, framed: Framed, { images, windows }: Windowed) {
  const [numImages = 0, , , channels = 0] = images.shape;
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = windows;
  const strides = [framed.imageBytes, framed.rowBytes * strideHeight, channels * strideWidth * 4] as const;
  return {
    pointer: framed.pointer,
    rows: backend.rowTables.grid([numImages, outHeight, outWidth], framed.origin, strides),
    shape: { segments: filterHeight, length: filterWidth * channels, segmentStride: framed.rowBytes },
  };
}

function forward(backend: SimdBackend, x: TensorInfo, filter: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const out = backend.createOutput(info.outShape);
  const windowed = { images: { pointer: backend.pointerOf(x), shape: x.shape }, windows: windowsOf(info) };
  if (isWinograd(windowed.windows, inChannels, outChannels)) {
    winogradConvolution(backend, windowed, tapsOf(backend.pointerOf(filter), inChannels, outChannels), backend.pointerOf(out));
    return out;
  }
  const packed = allocatePacked(backend.kernels, filterHeight * filterWidth * inChannels, outChannels);
  const source = { pointer: backend.pointerOf(filter), rowStride: outChannels * 4, columnStride: 4, rows: packed.depth };
  packInto(backend.kernels, packed, source);
  const rows = backend.rowTables.linear(info.batchSize * info.outHeight * info.outWidth, outChannels * 4);
  convolveDirectly(backend, windowed, packed, { pointer: backend.pointerOf(out), rows });
  backend.heap.free(packed.pointer);
  return out;
}

function convolveDirectly(backend: SimdBackend, windowed: Windowed, packed: PackedMatrix, c: RowsTarget): void {
  const { images, windows } = windowed;
  const framed = frameImages(backend, images.pointer, images.shape, windows);
  multiplyRows(backend.kernels, createWindowRows(backend, framed, windowed), packed, c);
  releaseFrame(backend, framed);
}

function filterGradient(backend: SimdBackend, x: TensorInfo, dy: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const out = backend.createOutput(info.filterShape);
  const windows = windowsOf(info);
  const windowed = { images: { pointer: backend.pointerOf(x), shape: x.shape }, windows };
  if (isWinograd(windows, info.inChannels, info.outChannels)) {
    winogradFilterGradient(backend, windowed, { dy: backend.pointerOf(dy), D: info.outChannels }, backend.pointerOf(out));
    return out;
  }
  const framed = frameImages(backend, backend.pointerOf(x), x.shape, windows);
  const a = createWindowRows(backend, framed, windowed);
  const packed = allocatePacked(backend.kernels, a.rows.numRows, info.outChannels);
  const source = { pointer: backend.pointerOf(dy), rowStride: info.outChannels * 4, columnStride: 4, rows: packed.depth };
  packInto(backend.kernels, packed, source);
  multiplyColumns(backend.kernels, a, packed, { pointer: backend.pointerOf(out) });
  backend.heap.free(packed.pointer);
  releaseFrame(backend, framed);
  return out;
}

interface InputGradient {
  readonly dy: TensorInfo;
  readonly filter: TensorInfo;
  readonly info: ConvolutionInfo;
}

/** Of rows and of columns. */
interface Residues {
  readonly row: Residue;
  readonly column: Residue;
}

function inputGradient(backend: SimdBackend, product: InputGradient): TensorInfo {
  const { info } = product;
  const out = backend.createOutput(info.inShape);
  const rows = listResidues(info.inHeight, info.strideHeight, info.filterHeight, info.padInfo.top);
  const columns = listResidues(info.inWidth, info.strideWidth, info.filterWidth, info.padInfo.left);
  if ([...rows, ...columns].some(({ numTaps }) => numTaps === 0)) backend.valuesOf(out).fill(0);
  for (const row of rows) {
    for (const column of columns) {
      if (row.numTaps > 0 && column.numTaps > 0) inputGradientAt(backend, product, { row, column }, backend.pointerOf(out));
    }
  }
  return out;
}

/** What the windows of one residue read of the output's gradient. */
function windowsOfResidues({ row, column }: Residues): Windows {
  return {
    top: row.numTaps - 1 - row.start,
    left: column.numTaps - 1 - column.start,
    strideHeight: 1,
    strideWidth: 1,
    filterHeight: row.numTaps,
    filterWidth: column.numTaps,
    outHeight: row.numPositions,
    outWidth: column.numPositions,
  };
}

function inputGradientAt(backend: SimdBackend, product: InputGradient, residues: Residues, dx: number): void {
  const { dy, info: { batchSize, inChannels, inHeight, inWidth, strideHeight, strideWidth, outChannels } } = product;
  const { row, column } = residues;
  const windowed = { images: { pointer: backend.pointerOf(dy), shape: dy.shape }, windows: windowsOfResidues(residues) };
  const packed = packTransposedFilter(backend, product, residues);
  if (strideHeight === 1 && strideWidth === 1 && isWinograd(windowed.windows, outChannels, inChannels)) {
    winogradConvolution(backend, windowed, tapsOfPacked(packed), dx);
  } else {
    const rowBytes = inWidth * inChannels * 4;
    const origin = row.residue * rowBytes + column.residue * inChannels * 4;
    const strides = [inHeight * rowBytes, strideHeight * rowBytes, strideWidth * inChannels * 4] as const;
    const rows = backend.rowTables.grid([batchSize, row.numPositions, column.numPositions], origin, strides);
    convolveDirectly(backend, windowed, packed, { pointer: dx, rows });
  }
  backend.heap.free(packed.pointer);
}

/** The taps of one residue, last first, each [C, O] transposed to [O, C]. */
function packTransposedFilter(backend: SimdBackend, { filter, info }: InputGradient, { row, column }: Residues) {
  const { inChannels, outChannels, filterWidth, strideHeight, strideWidth } = info;
  const packed = allocatePacked(backend.kernels, row.numTaps * column.numTaps * outChannels, inChannels);
  let atRow = 0;
  for (let a = row.numTaps - 1; a >= 0; a--) {
    for (let b = column.numTaps - 1; b >= 0; b--, atRow += outChannels) {
      const tap = (row.firstTap + a * strideHeight) * filterWidth + column.firstTap + b * strideWidth;
      const pointer = backend.pointerOf(filter) + tap * inChannels * outChannels * 4;
      packInto(backend.kernels, packed, { pointer, rowStride: 4, columnStride: outChannels * 4, rows: outChannels }, atRow);
    }
  }
  return packed;
}

export const convolutionOps = {
  Conv2D: defineOp((backend, { x, filter }: { x: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes) => {
    const info = isFloat(x, filter) ? describeConvolution(x.shape, filter.shape, attributes) : undefined;
    return info && forward(backend, x, filter, info);
  }),

  Conv2DBackpropFilter: defineOp(
    (backend, { x, dy }: { x: TensorInfo; dy: TensorInfo }, attributes: ConvolutionAttributes & { filterShape: number[] }) => {
      const info = describeConvolution(x.shape, attributes.filterShape, attributes);
      return info && filterGradient(backend, x, dy, info);
    },
  ),

  Conv2DBackpropInput: defineOp(
    (backend, { dy, filter }: { dy: TensorInfo; filter: TensorInfo }, attributes: ConvolutionAttributes & { inputShape: number[] }) => {
      const info = describeConvolution(attributes.inputShape, filter.shape, attributes);
      return info && inputGradient(backend, { dy, filter, info });
    },
  ),
} satisfies Record<string, Op>;
