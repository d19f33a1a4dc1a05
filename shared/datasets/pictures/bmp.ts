// BMP, as Windows and OS/2 write it: 1 to 32 bits a pixel, palettes, bit fields, run lengths. No kept reader on npm handles them all.

import { readFile } from 'node:fs/promises';
import { fail, takeBytes, throwOnSize, type PictureReader, type Raster } from './raster.js';

const RGB = 0;
const RLE8 = 1;
const RLE4 = 2;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

interface Header {
  readonly width: number;
  readonly height: number;
  /** True where the first row of the file is the upper one. */
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the pixels begin. */
  readonly offset: number;
  /** [red, green, blue] of each colour of a palette. */
  readonly palette: readonly (readonly [number, number, number])[];
  /** Red, green, blue, alpha. */
  readonly masks: readonly number[];
}

function readHeader(file: Buffer): Header {
  if (file.length < 26 || file.toString('latin1', 0, 2) !== 'BM') fail('its header is not that of a BMP file');
  const offset = file.readUInt32LE(10);
  const size = file.readUInt32LE(14);
  const isOld = size === 12;
  takeBytes(file, 14, size);
  const [width, signedHeight] = isOld ? [file.readUInt16LE(18), file.readUInt16LE(20)] : [file.readInt32LE(18), file.readInt32LE(22)];
  const bits = file.readUInt16LE(isOld ? 24 : 28);
  const compression = isOld ? RGB : file.readUInt32LE(30);
  if (![RGB, RLE8, RLE4, BIT_FIELDS, ALPHA_BIT_FIELDS].includes(compression)) fail(`compression ${compression} inside BMP is not supported; convert it to PNG`);
  throwOnSize(width, Math.abs(signedHeight), 4);
  const numColours = bits > 8 ? 0 : (isOld ? 0 : file.readUInt32LE(46)) || 2 ** bits;
  const masks = readMasks(file, { size, bits, compression });
  const hasOwnMasks = size === 40 && (compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS);
  const paletteAt = 14 + size + (hasOwnMasks ? (compression === BIT_FIELDS ? 12 : 16) : 0);
  return {
    width, height: Math.abs(signedHeight), isTopDown: signedHeight < 0, bits, compression, offset, masks,
    palette: readPalette(file, { at: paletteAt, count: Math.min(numColours, 256), stride: isOld ? 3 : 4 }),
  };
}

function readMasks(file: Buffer, { size, bits, compression }: { readonly size: number; readonly bits: number; readonly compression: number }): number[] {
  if (compression !== BIT_FIELDS && compression !== ALPHA_BIT_FIELDS) return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const hasAlpha = size >= 56 || compression === ALPHA_BIT_FIELDS;
  takeBytes(file, 54, hasAlpha ? 16 : 12);
  return [54, 58, 62].map((at) => file.readUInt32LE(at)).concat(hasAlpha ? file.readUInt32LE(66) : 0);
}

function readPalette(file: Buffer, { at, count, stride }: { readonly at: number; readonly count: number; readonly stride: number }): Header['palette'] {
  takeBytes(file, at, count * stride);
  return Array.from({ length: count }, (_, i) => [file[at + i * stride + 2]!, file[at + i * stride + 1]!, file[at + i * stride]!] as const);
}

/** A value's bits under a mask, as 0..255. */
function channelOf(value: number, mask: number): number {
  if (mask === 0) return 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return Math.round((((value & mask) >>> shift) * 255) / most);
}

/** Numbers of a palette, row after row as the file has them. */
function unpackIndices(file: Buffer, header: Header): Uint8Array {
  const { width, height, bits, offset, compression } = header;
  if (compression === RLE8 || compression === RLE4) return expandRuns(file.subarray(offset), header);
  const stride = Math.ceil((width * bits) / 32) * 4;
  const rows = takeBytes(file, offset, stride * height);
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      indices[y * width + x] = (rows[y * stride + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
  }
  return indices;
}

function expandRuns(runs: Uint8Array, { width, height, compression }: Header): Uint8Array {
  const indices = new Uint8Array(width * height);
  const isNibbles = compression === RLE4;
  let [x, y, at] = [0, 0, 0];
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x += 1;
  };
  const nibble = (bytes: Uint8Array, i: number): number => (isNibbles ? (bytes[i >> 1]! >> (i % 2 === 0 ? 4 : 0)) & 15 : bytes[i]!);
  for (;;) {
    const [count, value] = takeBytes(runs, at, 2) as unknown as [number, number];
    at += 2;
    if (count > 0) for (let i = 0; i < count; i++) put(nibble(Uint8Array.of(value), isNibbles ? i % 2 : 0));
    else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) return indices;
    else if (value === 2) {
      const [right, down] = takeBytes(runs, at, 2) as unknown as [number, number];
      [x, y, at] = [x + right, y + down, at + 2];
    } else {
      const length = isNibbles ? Math.ceil(value / 2) : value;
      const literal = takeBytes(runs, at, length);
      for (let i = 0; i < value; i++) put(nibble(literal, i));
      at += length + (length % 2);
    }
  }
}

/** Writes the pixel at `to`, from row `y` of the file. */
type ReadPixel = (to: number, x: number, y: number) => void;

function createPixelReader(file: Buffer, header: Header, samples: Uint8Array): ReadPixel {
  const { width, height, bits, offset, masks, palette } = header;
  if (bits <= 8) {
    const indices = unpackIndices(file, header);
    return (to, x, y) => samples.set(palette[indices[y * width + x]!] ?? fail('it names a colour that its palette lacks'), to);
  }
  const numBytes = bits / 8;
  const stride = Math.ceil((width * bits) / 32) * 4;
  takeBytes(file, offset, stride * height);
  const hasAlpha = masks[3] !== 0;
  return (to, x, y) => {
    const value = file.readUIntLE(offset + y * stride + x * numBytes, numBytes);
    for (let c = 0; c < (hasAlpha ? 4 : 3); c++) samples[to + c] = channelOf(value, masks[c]!);
  };
}

function readBmp(file: Buffer): Raster {
  const header = readHeader(file);
  const { width, height, isTopDown, bits, masks } = header;
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) fail(`${bits} bits a pixel inside BMP are not supported`);
  const hasAlpha = bits > 8 && masks[3] !== 0;
  const perPixel = hasAlpha ? 4 : 3;
  const samples = new Uint8Array(width * height * perPixel);
  const readPixel = createPixelReader(file, header, samples);
  for (let y = 0; y < height; y++) {
    const from = isTopDown ? y : height - 1 - y;
    for (let x = 0; x < width; x++) readPixel((y * width + x) * perPixel, x, from);
  }
  return { samplesHWS: samples, width, height, bands: 3, type: 'uint8', ...(hasAlpha && { opaque: 255 }) };
}

export const bmp: PictureReader = {
  async describe(path) {
    const { width, height } = readHeader(await readFile(path));
    return { width, height, bands: 3, type: 'uint8' };
  },
  read: async (path) => [readBmp(await readFile(path))],
};
