// sharp, set up for files that nobody vouches for: known picture formats only, one thread a call, nothing cached.

import sharp, { type Sharp } from 'sharp';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import { createSharedLock } from './shared-lock.js';

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

const lock = createSharedLock();

/**
 * Reads a picture (the first one of an animation). Throws PretextError DECODE_FAILED for a damaged one.
 * libvips has one error text for the whole process: what fails beside others may get another's reason, so it is read again alone.
 */
export async function readImage<Value>(path: string, read: (picture: Sharp) => Promise<Value>): Promise<Value> {
  const readOnce = (): Promise<Value> => read(sharp(path, { failOn: 'error', limitInputPixels: MAX_PIXELS }));
  try {
    return await lock.shared(readOnce).catch(() => lock.alone(readOnce));
  } catch (error) {
    throw createImageError(path, error);
  }
}

/** Width and height as shown: after the EXIF orientation. Throws PretextError DECODE_FAILED. */
export async function probeImage(path: string): Promise<{ width: number; height: number }> {
  const metadata = await readImage(path, (picture) => picture.metadata());
  if (metadata.format === 'heif' && metadata.compression !== 'av1') {
    throw createImageError(path, new Error(`the compression ${metadata.compression ?? 'unknown'} inside HEIF cannot be read; convert it to JPEG`));
  }
  return { width: metadata.autoOrient.width, height: metadata.autoOrient.height };
}

/** A one-line error from what sharp throws: its last line names the cause nearest to the file's bytes. */
function createImageError(path: string, error: unknown): PretextError {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const line = messageOf(error).trim().split('\n').at(-1) ?? '';
  return new PretextError('DECODE_FAILED', `The picture cannot be read: ${folder === '' ? line : line.replaceAll(folder, '')}`, { cause: error });
}
