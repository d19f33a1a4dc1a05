// sharp, set up for files that nobody vouches for: known picture formats only, one thread a call, nothing cached.

import sharp, { type Sharp } from 'sharp';
import { messageOf, PretextError } from '../errors/pretext-error.js';

// libvips uses a thread a core by default; decoding runs beside compute, and several at once.
sharp.concurrency(1);
sharp.cache(false);
// Everything that libvips could load is off (SVG and PDF open other files), what is listed is on.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadTiff', 'VipsForeignLoadHeif'],
});

/** Larger pictures, in pixels, are refused before they are decoded. */
export const MAX_PIXELS = 2 ** 27;

/** Opens a picture (the first one of an animation) for decoding; damaged ones throw when they are read. */
export function openImage(path: string): Sharp {
  return sharp(path, { failOn: 'error', limitInputPixels: MAX_PIXELS });
}

/** Width and height as shown: after the EXIF orientation. Throws PretextError DECODE_FAILED. */
export async function probeImage(path: string): Promise<{ width: number; height: number }> {
  try {
    const metadata = await openImage(path).metadata();
    if (metadata.format === 'heif' && metadata.compression !== 'av1') {
      throw new Error(`the compression ${metadata.compression ?? 'unknown'} inside HEIF cannot be read; convert it to JPEG`);
    }
    return { width: metadata.autoOrient.width, height: metadata.autoOrient.height };
  } catch (error) {
    throw imageError(path, error);
  }
}

/** A one-line error from what sharp throws: its last line, because libvips may put those of other calls before it. */
export function imageError(path: string, error: unknown): PretextError {
  if (error instanceof PretextError) return error;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const line = messageOf(error).trim().split('\n').at(-1) ?? '';
  return new PretextError('DECODE_FAILED', `The picture cannot be read: ${folder === '' ? line : line.replaceAll(folder, '')}`, { cause: error });
}
