// A picture file, whatever its format: what its header says, and its numbers.

import type { Metadata } from 'sharp';
import { readImage } from '../images.js';
import { extensionOf } from '../extensions.js';
import { isOfTheMachine } from '../machine-fault.js';
import { bmp } from './bmp.js';
import { dicom } from './dicom.js';
import { identify, type Format } from './identify.js';
import { pnm } from './pnm.js';
import { fail, throwOnSize, type PictureInfo, type PictureReader, type Raster, type SampleType } from './raster.js';
import { tga } from './tga.js';
import { tiff } from './tiff.js';

const readers = { bmp, pnm, tga, dicom, tiff } satisfies Record<Format, PictureReader>;

export interface OpenedPicture extends PictureInfo {
  /** True where sharp reads it, transparency and colour profile included. */
  readonly isOrdinary: boolean;
  /** One for each frame. */
  readRasters(): Promise<readonly Raster[]>;
}

/** Files of these names are sharp's; others are looked at first. */
const ORDINARY_EXTENSIONS: ReadonlySet<string> = new Set(['avif', 'gif', 'jfif', 'jpe', 'jpeg', 'jpg', 'png', 'webp']);

/** What libvips calls the kinds of numbers. */
const TYPES: Readonly<Partial<Record<string, SampleType>>> = {
  uchar: 'uint8', char: 'int8', ushort: 'uint16', short: 'int16', uint: 'uint32', int: 'int32', float: 'float32', double: 'float64',
};

/** Reads a picture's header. Throws PretextError DECODE_FAILED with the reason where it cannot be read. */
export async function openPicture(path: string): Promise<OpenedPicture> {
  if (!ORDINARY_EXTENSIONS.has(extensionOf(path))) return openAs(await identify(path), path);
  return openBySharp(path).catch(async (error: unknown) => {
    // Its name may be that of another format.
    const format = await identify(path);
    if (format === undefined) throw error;
    return openAs(format, path);
  });
}

async function openAs(format: Format | undefined, path: string): Promise<OpenedPicture> {
  if (format === undefined) return openBySharp(path);
  if (format === 'tiff') {
    const metadata = await readImage(path, (picture) => picture.metadata()).catch((error: unknown) => {
      if (isOfTheMachine(error)) throw error;
      return undefined;
    });
    if (metadata && isOrdinaryTiff(metadata)) return openOrdinary(path, metadata);
  }
  const reader = readers[format];
  return { ...(await reader.describe(path)), isOrdinary: false, readRasters: () => reader.read(path) };
}

async function openBySharp(path: string): Promise<OpenedPicture> {
  const metadata = await readImage(path, (picture) => picture.metadata());
  if (metadata.format === 'heif' && metadata.compression !== 'av1') {
    fail(`the compression ${metadata.compression ?? 'unknown'} inside HEIF is not supported; \`heif-convert IN.heic OUT.png\` (libheif) converts it`);
  }
  return openOrdinary(path, metadata);
}

function openOrdinary(path: string, metadata: Metadata): OpenedPicture {
  const { width, height } = metadata.autoOrient;
  throwOnSize(width, height, 1);
  const info = { width, height, bands: countBands(metadata), type: TYPES[metadata.depth] ?? fail(`numbers of the kind ${metadata.depth} are not supported`) };
  return { ...info, isOrdinary: true, readRasters: async () => [await readBySharp(path, metadata, info)] };
}

/** libvips takes a fourth band for transparency, whatever the file says of it, and fractions for what they are not. */
function isOrdinaryTiff({ depth, channels, space, hasAlpha }: Metadata): boolean {
  const isUsual = space === 'cmyk' ? channels === 4 : !hasAlpha && space !== 'multiband' && (channels === 1 || channels === 3);
  return isUsual && (depth === 'uchar' || depth === 'ushort');
}

const countBands = ({ channels, hasAlpha, space }: Metadata): number => (space === 'cmyk' ? 3 : channels - (hasAlpha ? 1 : 0));

/** The numbers of a picture, upright. 16 bits are left as they are in the file; 8 are brought to sRGB. */
async function readBySharp(path: string, { space }: Metadata, { width, height, bands, type }: PictureInfo): Promise<Raster> {
  const isDeep = type === 'uint16' && space !== 'cmyk';
  const wanted = isDeep ? (bands === 1 ? 'grey16' : 'rgb16') : 'srgb';
  const { data, info } = await readImage(path, (picture) =>
    picture.autoOrient().toColourspace(wanted).raw({ depth: isDeep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true }));
  const samplesHWS = isDeep ? new Uint16Array(new Uint8Array(data).buffer) : new Uint8Array(data);
  const colours = isDeep && bands === 1 ? 1 : 3;
  const hasAlpha = info.channels > colours;
  const raster = { width, height, type: isDeep ? type : 'uint8' } as const;
  if (hasAlpha || bands === colours) return { ...raster, samplesHWS, bands: colours, ...(hasAlpha && { opaque: isDeep ? 65_535 : 255 }) };
  // Grey of 8 bits comes as three equal channels.
  const greys = samplesHWS.slice(0, width * height);
  for (let i = 0; i < greys.length; i++) greys[i] = samplesHWS[3 * i]!;
  return { ...raster, samplesHWS: greys, bands: 1 };
}
