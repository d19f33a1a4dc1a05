// One picture: upright, bytes of the wanted channels, transparency over mid grey, of one size. Animations give their first picture,
// files of several frames all of them.

import { readImage, resizeBytes } from '../../shared/datasets/images.js';
import { openPicture, type OpenedPicture } from '../../shared/datasets/pictures/open-picture.js';
import { isFull } from '../../shared/datasets/pictures/range.js';
import { countChannels, pickChannels, toBytePicture, type BytePicture, type PixelChoice } from '../../shared/datasets/pictures/to-bytes.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Frames } from './frames.js';
import { countBytes, fitShortSide, type DecodeLimits, type Size } from './limits.js';

export interface ImageOptions {
  /** Pixels that the shorter side is brought to. */
  readonly shortSide: number;
  readonly limits: DecodeLimits;
  /** Default: three channels, the whole range of the type. */
  readonly pixels?: PixelChoice;
}

const MID_GREY = { r: 128, g: 128, b: 128 };
const PLAIN: PixelChoice = { channels: 'rgb', range: 'full' };

/** Decodes a picture to frames, mostly one. Throws PretextError DECODE_FAILED (damaged and truncated files too) or DECODE_LIMIT. */
export async function decodeImage(path: string, { shortSide, limits, pixels = PLAIN }: ImageOptions): Promise<Frames> {
  const picture = await openPicture(path);
  const size = fitShortSide(picture, shortSide);
  const channels = countChannels(pixels.channels);
  const isPlain = picture.isOrdinary && isFull(pixels.range, picture.type, channels);
  const frames = isPlain ? [await readPlain(path, picture, size, { limits, pixels })] : await readRasters(picture, size, { limits, pixels });
  const length = frames[0]!.length;
  const dataNHWC = new Uint8Array(new SharedArrayBuffer(countBytes(frames.length, size, limits, channels)));
  frames.forEach((frame, i) => dataNHWC.set(frame, i * length));
  return { dataNHWC, numFrames: frames.length, ...size };
}

type Choice = Required<Pick<ImageOptions, 'limits' | 'pixels'>>;

/** By sharp alone, which scales while it reads. */
async function readPlain(path: string, { bands }: OpenedPicture, size: Size, { limits, pixels: { channels } }: Choice): Promise<Uint8Array> {
  countBytes(1, size, limits);
  const rgb = await readImage(path, (picture) => picture
    .autoOrient()
    .flatten({ background: MID_GREY })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb')
    .timeout({ seconds: Math.ceil(limits.timeoutMs / 1000) })
    .raw({ depth: 'uchar' })
    .toBuffer());
  return channels === 'rgb' ? rgb : pickChannels(rgb, channels, bands);
}

async function readRasters(picture: OpenedPicture, size: Size, { limits, pixels }: Choice): Promise<Uint8Array[]> {
  countBytes(1, size, limits, countChannels(pixels.channels));
  const rasters = await picture.readRasters();
  countBytes(rasters.length, size, limits, countChannels(pixels.channels));
  const frames: Uint8Array[] = [];
  for (const raster of rasters) frames.push(await resize(toBytePicture(raster, pixels), size));
  if (frames.length === 0) throw new PretextError('DECODE_FAILED', 'The picture cannot be read: it has no frame.');
  return frames;
}

/** Three channels or one as sharp has them; of others each by itself, or sharp would take the last one for transparency. */
async function resize(picture: BytePicture, size: Size): Promise<Uint8Array> {
  const { bytesHWC, width, height } = picture;
  const channels = bytesHWC.length / (width * height);
  if (width === size.width && height === size.height) return bytesHWC;
  if (channels === 1 || channels === 3) return resizeBytes(picture, size);
  const resized = new Uint8Array(size.width * size.height * channels);
  const plane = new Uint8Array(width * height);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane.length; i++) plane[i] = bytesHWC[i * channels + c]!;
    const values = await resizeBytes({ bytesHWC: plane, width, height }, size);
    for (let i = 0; i < values.length; i++) resized[i * channels + c] = values[i]!;
  }
  return resized;
}
