// How a window moves over an image, as the kernels of pooling and of depthwise convolution read it.

import type { ConvolutionInfo } from '../convolution-geometry.js';
import type { Slots } from './slots.js';

type WindowSlots = Pick<Slots<'depthwise'>, 'OH' | 'OW' | 'KH' | 'KW' | 'SH' | 'SW' | 'DH' | 'DW' | 'top' | 'left'>;

/** Height and width of the output, of the window, of its step and of its dilation, and the padding. */
export function windowSlots(info: ConvolutionInfo): WindowSlots {
  const { outHeight: OH, outWidth: OW, filterHeight: KH, filterWidth: KW, strideHeight: SH, strideWidth: SW } = info;
  const { dilationHeight: DH, dilationWidth: DW, padInfo: { top, left } } = info;
  return { OH, OW, KH, KW, SH, SW, DH, DW, top, left };
}
