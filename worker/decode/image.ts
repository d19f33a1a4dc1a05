// One picture by sharp: upright, 8-bit sRGB, transparency over mid grey, of one size. Animations give their first picture.

import { probeImage, readImage } from '../../shared/datasets/images.js';
import type { Frames } from './frames.js';
import { countBytes, fitShortSide, type DecodeLimits } from './limits.js';

export interface ImageOptions {
  /** Pixels that the shorter side is brought to. */
  readonly shortSide: number;
  readonly limits: DecodeLimits;
}

const MID_GREY = { r: 128, g: 128, b: 128 };

/** Decodes a picture to a single frame. Throws PretextError DECODE_FAILED (damaged and truncated files too) or DECODE_LIMIT. */
export async function decodeImage(path: string, { shortSide, limits }: ImageOptions): Promise<Frames> {
  const size = fitShortSide(await probeImage(path), shortSide);
  const data = new Uint8Array(new SharedArrayBuffer(countBytes(1, size, limits)));
  const pixels = await readImage(path, (picture) => picture
    .autoOrient()
    .flatten({ background: MID_GREY })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb')
    .timeout({ seconds: Math.ceil(limits.timeoutMs / 1000) })
    .raw({ depth: 'uchar' })
    .toBuffer());
  data.set(pixels);
  return { dataNHWC: data, numFrames: 1, ...size };
}
