// What decoding one clip or picture may cost, and the size that pictures are brought to.

import { PretextError } from '../../shared/errors/pretext-error.js';

export interface DecodeLimits {
  /** Processor time of one decode. A machine that is busy, or stands still for a while, may take longer by the clock. */
  readonly timeoutMs: number;
  /** Frames of one clip. */
  readonly maxFrames: number;
  /** Decoded size of one clip or picture. */
  readonly maxBytes: number;
}

export const DEFAULT_LIMITS: DecodeLimits = { timeoutMs: 30_000, maxFrames: 2048, maxBytes: 256 * 2 ** 20 };

/** By the clock a decode may take so many times as long: then its process is killed, and the machine blamed. */
const PATIENCE = 4;

/** The times within which a process must end. */
export function timesOf({ timeoutMs }: DecodeLimits): { readonly timeoutMs: number; readonly processorMs: number } {
  return { timeoutMs: PATIENCE * timeoutMs, processorMs: timeoutMs };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size with the shorter side brought to `shortSide` and the longer one to the nearest even number. */
export function fitShortSide({ width, height }: Size, shortSide: number): Size {
  const scale = shortSide / Math.min(width, height);
  const longSide = Math.max(shortSide, 2 * Math.round((Math.max(width, height) * scale) / 2));
  if (width === height) return { width: shortSide, height: shortSide };
  return width < height ? { width: shortSide, height: longSide } : { width: longSide, height: shortSide };
}

/** Bytes of frames. Throws PretextError DECODE_LIMIT when they are more, in number or size, than allowed. */
export function countBytes(numFrames: number, { width, height }: Size, limits: DecodeLimits, channels = 3): number {
  const bytes = numFrames * width * height * channels;
  if (numFrames > limits.maxFrames || bytes > limits.maxBytes) {
    throw new PretextError(
      'DECODE_LIMIT',
      `${numFrames} frames of ${width}x${height} pixels (${bytes} bytes) are over the limit of ${limits.maxFrames} frames and ${limits.maxBytes} bytes.`,
    );
  }
  return bytes;
}
