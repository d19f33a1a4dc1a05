// The shapes that a convolution works with, read from tfjs's attributes in one way for all backends.

import { backend_util } from '@tensorflow/tfjs-core';

export type ConvolutionInfo = backend_util.Conv2DInfo;

/** As tfjs's kernels get them. */
export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4D = [number, number, number, number];

function compute(inputShape: readonly number[], filterShape: readonly number[], attributes: ConvolutionAttributes, isDepthwise: boolean): ConvolutionInfo | undefined {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes;
  if (dataFormat === 'NCHW') return undefined;
  return backend_util.computeConv2DInfo(inputShape as Shape4D, filterShape as Shape4D, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise);
}

/** The geometry, or undefined where it is left to tfjs: dilated, or channels first. */
export function describeConvolution(inputShape: readonly number[], filterShape: readonly number[], attributes: ConvolutionAttributes): ConvolutionInfo | undefined {
  const info = compute(inputShape, filterShape, attributes, false);
  return info?.dilationHeight === 1 && info.dilationWidth === 1 ? info : undefined;
}

/** The geometry, or undefined where channels come first. */
export function describeDepthwise(inputShape: readonly number[], filterShape: readonly number[], attributes: ConvolutionAttributes): ConvolutionInfo | undefined {
  return compute(inputShape, filterShape, attributes, true);
}

/** Along one dimension: which taps reach the input positions of one residue of the stride, and where they read. */
export interface Residue {
  readonly residue: number;
  readonly numPositions: number;
  readonly firstTap: number;
  readonly numTaps: number;
  /** Output position that the first tap reads for the first input position. */
  readonly start: number;
}

export function listResidues(size: number, stride: number, filterSize: number, padding: number): Residue[] {
  return Array.from({ length: Math.min(stride, size) }, (_, residue) => {
    const firstTap = (residue + padding) % stride;
    const numTaps = Math.max(0, Math.ceil((filterSize - firstTap) / stride));
    return { residue, numPositions: Math.ceil((size - residue) / stride), firstTap, numTaps, start: (residue + padding - firstTap) / stride };
  });
}
