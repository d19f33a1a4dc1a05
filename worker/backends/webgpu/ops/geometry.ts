// Small parts of shaders of convolutions.

import type { ConvolutionInfo } from '../../convolution-geometry.js';

/** Whether rows of this extent can be read four floats at a time. */
export const isWhole = (extent: number): boolean => extent % 4 === 0;

/** `buffer[at]`, of floats or of vectors of four. */
export const element = (buffer: 'a' | 'b', at: string, isVector: boolean): string => (isVector ? `${buffer}[(${at}) / 4]` : `${buffer}[${at}]`);

/** All numbers that a shader of this convolution has in its code. */
export function nameOf(kind: string, info: ConvolutionInfo): string {
  const { inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  return [kind, inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, padInfo.top, padInfo.left].join('_');
}
