// sharp, set up for files that nobody vouches for: known picture formats only, one thread a call, nothing cached.

import { createReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import sharp, { type Sharp } from 'sharp';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import { isOfTheMachine } from './machine-fault.js';
import { MAX_PIXELS } from './pictures/raster.js';
import { createSharedLock } from './shared-lock.js';

// libvips uses a thread a core by default; decoding runs beside compute, and several at once.
sharp.concurrency(1);
sharp.cache(false);
// Everything that libvips could load is off (SVG and PDF open other files), what is listed is on.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadTiff', 'VipsForeignLoadHeif'],
});

const lock = createSharedLock();

/**
 * Reads a picture (the first one of an animation), given by its path or its bytes. Throws PretextError DECODE_FAILED for a damaged one.
 * libvips has one error text for the whole process: what fails beside others may get another's reason, so it is read again alone.
 */
export async function readImage<Value>(source: string | Uint8Array, read: (picture: Sharp) => Promise<Value>): Promise<Value> {
  const readOnce = (): Promise<Value> => read(sharp(source, { failOn: 'error', limitInputPixels: MAX_PIXELS, limitInputChannels: false }));
  try {
    return await lock.shared(readOnce).catch(() => lock.alone(readOnce));
  } catch (error) {
    if (typeof source === 'string') await throwOnMachine(source);
    throw createImageError(typeof source === 'string' ? source : '', error);
  }
}

/** libvips calls a file that the machine fails to read one of no known format: throws what reading it throws then. */
async function throwOnMachine(path: string): Promise<void> {
  try {
    await finished(createReadStream(path).resume());
  } catch (error) {
    if (isOfTheMachine(error)) throw error;
  }
}

/** Bytes of 1 or 3 channels, [H, W, C]. */
export interface Bytes {
  readonly bytesHWC: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Scales bytes of 1 or 3 channels as pictures are scaled that sharp reads itself. */
export async function resizeBytes({ bytesHWC, width, height }: Bytes, size: { readonly width: number; readonly height: number }): Promise<Uint8Array> {
  const channels = bytesHWC.length / (width * height) as 1 | 3;
  return sharp(bytesHWC, { raw: { width, height, channels }, limitInputPixels: MAX_PIXELS })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
}

/** A one-line error from what sharp throws: its last line names the cause nearest to the file's bytes. */
function createImageError(path: string, error: unknown): PretextError {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const line = messageOf(error).trim().split('\n').at(-1) ?? '';
  // The clock runs on while a machine stands still.
  const code = line.startsWith('timeout') ? 'DECODE_TIMEOUT' : 'DECODE_FAILED';
  return new PretextError(code, `The picture cannot be read: ${folder === '' ? line : line.replaceAll(folder, '')}`, { cause: error });
}
