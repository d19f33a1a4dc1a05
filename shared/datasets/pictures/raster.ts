// A picture as its file holds it: numbers of any kind, before anything says which of them is black and which is white.

import { PretextError } from '../../errors/pretext-error.js';

export const sampleTypes = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64'] as const;

export type SampleType = (typeof sampleTypes)[number];

export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** The values that become black and white. */
export type Limits = readonly [black: number, white: number];

/** What a header says. */
export interface PictureInfo {
  /** As shown: after the orientation that the file asks for. */
  readonly width: number;
  readonly height: number;
  /** Numbers of a pixel; transparency is none of them. */
  readonly bands: number;
  readonly type: SampleType;
}

/** One picture of a file. Shape letters: H height, W width as stored, S numbers of a pixel: its bands first. */
export interface Raster {
  readonly samplesHWS: Samples;
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly type: SampleType;
  /** Where the number after the bands is opacity: the value that hides what lies behind. */
  readonly opaque?: number;
  /** What the file itself calls black and white, such as the window of a DICOM file. */
  readonly limits?: Limits;
  /** True where the least value is white. */
  readonly isInverted?: boolean;
  /** As EXIF numbers them, 1 to 8. Default 1: upright. */
  readonly orientation?: number;
  /** A value that stands for nothing. */
  readonly noData?: number;
}

/** A format of pictures that sharp does not read, or not as it is. Throws PretextError DECODE_FAILED or DECODE_LIMIT. */
export interface PictureReader {
  describe(path: string): Promise<PictureInfo>;
  /** One for each frame. */
  read(path: string): Promise<readonly Raster[]>;
}

/** Larger pictures, in pixels, are refused before they are decoded. */
export const MAX_PIXELS = 2 ** 27;
const MAX_SAMPLES = 2 ** 28;

/** Throws PretextError DECODE_FAILED for a header without pixels, DECODE_LIMIT for more of them than anyone means. */
export function throwOnSize(width: number, height: number, samplesPerPixel: number): void {
  if (!(width > 0 && height > 0 && samplesPerPixel > 0)) throw new PretextError('DECODE_FAILED', `The picture cannot be read: its header says ${width}x${height} pixels of ${samplesPerPixel} numbers.`);
  if (width * height > MAX_PIXELS || width * height * samplesPerPixel > MAX_SAMPLES) {
    throw new PretextError('DECODE_LIMIT', `The picture is too large: ${width}x${height} pixels of ${samplesPerPixel} numbers, at most ${MAX_PIXELS} pixels and ${MAX_SAMPLES} numbers are read.`);
  }
}

/** Throws PretextError DECODE_FAILED with a reason. */
export function fail(reason: string): never {
  throw new PretextError('DECODE_FAILED', `The picture cannot be read: ${reason}`);
}

/** Bytes of a file from `start`. Throws PretextError DECODE_FAILED where it ends before. */
export function takeBytes(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start < 0 || start + length > bytes.length) fail(`the file ends after ${bytes.length} bytes, ${start + length} were expected`);
  return bytes.subarray(start, start + length);
}
