// From the numbers of a file to the bytes of channels, upright. Shape letters: H height, W width, C channels.

import { PretextError } from '../../errors/pretext-error.js';
import { limitsOf, type DataRange } from './range.js';
import type { Raster } from './raster.js';

/** `rgb`: the first three bands, grey three times where there are fewer. `grey`: one channel. Else bands, counted from 1. */
export type Channels = 'rgb' | 'grey' | readonly number[];

export interface PixelChoice {
  readonly channels: Channels;
  readonly range: DataRange;
}

export interface BytePicture {
  readonly bytesHWC: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** What a transparent pixel lies over. */
const MID_GREY = 128;
/** Of red, green and blue in grey (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

export const countChannels = (channels: Channels): number => (channels === 'rgb' ? 3 : channels === 'grey' ? 1 : channels.length);

/** The bands, counted from 0, that are read; several for `grey` are mixed. Throws PretextError DECODE_FAILED for one that is not there. */
export function bandsOf(channels: Channels, numBands: number): readonly number[] {
  const hasColours = numBands >= 3;
  if (channels === 'rgb') return hasColours ? [0, 1, 2] : [0, 0, 0];
  if (channels === 'grey') return hasColours ? [0, 1, 2] : [0];
  const missing = channels.find((band) => band > numBands);
  if (missing !== undefined) throw new PretextError('DECODE_FAILED', `The picture has ${numBands} band${numBands === 1 ? '' : 's'}, and data.channels asks for band ${missing}.`);
  return channels.map((band) => band - 1);
}

/** One channel as shares of white, 0..1, [H, W]; what is no number is black. */
function readChannel(raster: Raster, band: number, [black, white]: readonly [number, number]): Float32Array {
  const { samplesHWS, width, height, opaque, isInverted, noData } = raster;
  const numPixels = width * height;
  const perPixel = samplesHWS.length / numPixels;
  const shares = new Float32Array(numPixels);
  const scale = 1 / (white - black);
  for (let i = 0; i < numPixels; i++) {
    const value = samplesHWS[i * perPixel + band]!;
    const share = value === noData ? 0 : Math.min(Math.max((value - black) * scale, 0), 1);
    shares[i] = Number.isNaN(share) ? 0 : isInverted ? 1 - share : share;
  }
  if (opaque === undefined) return shares;
  for (let i = 0; i < numPixels; i++) {
    const opacity = samplesHWS[i * perPixel + raster.bands]! / opaque;
    shares[i] = shares[i]! * opacity + (MID_GREY / 255) * (1 - opacity);
  }
  return shares;
}

/** Brings a picture to bytes: black to 0, white to 255, the nearest byte between. */
export function toBytePicture(raster: Raster, { channels, range }: PixelChoice): BytePicture {
  const { width, height, type } = raster;
  const shares = bandsOf(channels, raster.bands).map((band, channel) => readChannel(raster, band, limitsOf(range, type, channel, raster.limits)));
  const planes = channels === 'grey' && shares.length === 3 ? [mix(shares)] : shares;
  const bytesHWC = new Uint8Array(width * height * planes.length);
  planes.forEach((plane, c) => {
    for (let i = 0; i < plane.length; i++) bytesHWC[i * planes.length + c] = Math.round(plane[i]! * 255);
  });
  return orient({ bytesHWC, width, height }, raster.orientation ?? 1);
}

const mix = ([red, green, blue]: readonly Float32Array[]): Float32Array =>
  red!.map((value, i) => LUMA[0] * value + LUMA[1] * green![i]! + LUMA[2] * blue![i]!);

/** Turned and mirrored as EXIF numbers it. */
function orient({ bytesHWC, width, height }: BytePicture, orientation: number): BytePicture {
  if (orientation < 2 || orientation > 8) return { bytesHWC, width, height };
  const channels = bytesHWC.length / (width * height);
  const isTurned = orientation > 4;
  const isMirrored = [2, 3, 7, 8].includes(orientation);
  const isUpsideDown = [3, 4, 6, 7].includes(orientation);
  const [newWidth, newHeight] = isTurned ? [height, width] : [width, height];
  const turned = new Uint8Array(bytesHWC.length);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [column, row] = isTurned ? [y, x] : [x, y];
      const fromX = isMirrored ? width - 1 - column : column;
      const fromY = isUpsideDown ? height - 1 - row : row;
      const from = (fromY * width + fromX) * channels;
      for (let c = 0; c < channels; c++) turned[(y * newWidth + x) * channels + c] = bytesHWC[from + c]!;
    }
  }
  return { bytesHWC: turned, width: newWidth, height: newHeight };
}

/** The wanted channels of bytes that are RGB already, [..., 3]. `numBands` is 1 where the picture was grey. */
export function pickChannels(rgb: Uint8Array, channels: Channels, numBands = 3): Uint8Array {
  const numPixels = rgb.length / 3;
  const bands = bandsOf(channels, numBands);
  if (channels === 'grey') return mixBytes(rgb);
  const picked = new Uint8Array(numPixels * bands.length);
  bands.forEach((band, c) => {
    for (let i = 0; i < numPixels; i++) picked[i * bands.length + c] = rgb[3 * i + band]!;
  });
  return picked;
}

function mixBytes(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = Math.round(LUMA[0] * rgb[3 * i]! + LUMA[1] * rgb[3 * i + 1]! + LUMA[2] * rgb[3 * i + 2]!);
  return grey;
}
