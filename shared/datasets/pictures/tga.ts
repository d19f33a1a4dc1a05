// Truevision TGA: palettes, grey and colours, plain or run-length encoded. The kept readers on npm lack grey or 16 bits.

import { readFile } from 'node:fs/promises';
import { fail, takeBytes, throwOnSize, type PictureReader, type Raster } from './raster.js';

/** By the number of the type, less 8 where it is run-length encoded. */
const KINDS: Readonly<Record<number, 'palette' | 'colour' | 'grey'>> = { 1: 'palette', 2: 'colour', 3: 'grey' };
const HEADER_BYTES = 18;

interface Header {
  readonly kind: 'palette' | 'colour' | 'grey';
  readonly isPacked: boolean;
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly hasAlpha: boolean;
  readonly isTopDown: boolean;
  readonly isMirrored: boolean;
  readonly palette: { readonly first: number; readonly bits: number; readonly bytes: Uint8Array };
  readonly offset: number;
}

function readHeader(file: Buffer): Header {
  takeBytes(file, 0, HEADER_BYTES);
  const type = file[2]!;
  const kind = KINDS[type & 7];
  const [width, height, bits, descriptor] = [file.readUInt16LE(12), file.readUInt16LE(14), file[16]!, file[17]!];
  const expected = kind === 'colour' ? [15, 16, 24, 32] : [8, 16];
  if (kind === undefined || type > 11 || file[1]! > 1 || !expected.includes(bits)) fail('its header is not that of a TGA file');
  throwOnSize(width, height, 4);
  const [first, numColours, paletteBits] = [file.readUInt16LE(3), file.readUInt16LE(5), file[7]!];
  const paletteAt = HEADER_BYTES + file[0]!;
  const paletteBytes = numColours * Math.ceil(paletteBits / 8);
  // 16 bits of grey are 8 of them and 8 of opacity.
  const hasAlpha = (descriptor & 15) > 0 && (kind === 'grey' ? bits === 16 : bits === 32);
  return {
    kind, isPacked: type > 8, width, height, bits, hasAlpha, isTopDown: (descriptor & 32) !== 0, isMirrored: (descriptor & 16) !== 0,
    palette: { first, bits: paletteBits, bytes: takeBytes(file, paletteAt, paletteBytes) }, offset: paletteAt + paletteBytes,
  };
}

/** The bytes of all pixels in the order of the file. */
function unpack(file: Buffer, { isPacked, width, height, bits, offset }: Header): Uint8Array {
  const perPixel = Math.ceil(bits / 8);
  const length = width * height * perPixel;
  if (!isPacked) return takeBytes(file, offset, length);
  const pixels = new Uint8Array(length);
  for (let [to, at] = [0, offset]; to < length;) {
    const head = takeBytes(file, at, 1)[0]!;
    const count = (head & 127) + 1;
    const isRun = head > 127;
    const bytes = takeBytes(file, at + 1, isRun ? perPixel : count * perPixel);
    for (let i = 0; i < count * perPixel && to < length; i++) pixels[to++] = bytes[isRun ? i % perPixel : i]!;
    at += 1 + bytes.length;
  }
  return pixels;
}

/** Red, green, blue and opacity of little-endian bytes: 5 bits each of 15 and 16, else blue, green, red, alpha. */
function colourAt(bytes: Uint8Array, at: number, bits: number): readonly number[] {
  if (bits > 16) return [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!, bytes[at + 3] ?? 255];
  const value = bytes[at]! + bytes[at + 1]! * 256;
  return [10, 5, 0].map((shift) => Math.round((((value >> shift) & 31) * 255) / 31));
}

function readPixel(pixels: Uint8Array, index: number, { kind, bits, palette }: Header): readonly number[] {
  const at = index * Math.ceil(bits / 8);
  if (kind === 'grey') return [pixels[at]!, pixels[at + 1] ?? 255];
  if (kind === 'colour') return colourAt(pixels, at, bits);
  const colour = (pixels[at]! + (bits === 16 ? pixels[at + 1]! * 256 : 0) - palette.first) * Math.ceil(palette.bits / 8);
  return colour < 0 || colour >= palette.bytes.length ? fail('it names a colour that its palette lacks') : colourAt(palette.bytes, colour, palette.bits);
}

const bandsOf = ({ kind }: Header): number => (kind === 'grey' ? 1 : 3);

function readTga(file: Buffer): Raster {
  const header = readHeader(file);
  const { width, height, hasAlpha, isTopDown, isMirrored } = header;
  const bands = bandsOf(header);
  const perPixel = bands + (hasAlpha ? 1 : 0);
  const pixels = unpack(file, header);
  const samplesHWS = new Uint8Array(width * height * perPixel);
  for (let y = 0; y < height; y++) {
    const row = (isTopDown ? y : height - 1 - y) * width;
    for (let x = 0; x < width; x++) {
      const values = readPixel(pixels, y * width + x, header);
      const to = (row + (isMirrored ? width - 1 - x : x)) * perPixel;
      for (let c = 0; c < perPixel; c++) samplesHWS[to + c] = values[c]!;
    }
  }
  return { samplesHWS, width, height, bands, type: 'uint8', ...(hasAlpha && { opaque: 255 }) };
}

export const tga: PictureReader = {
  async describe(path) {
    const header = readHeader(await readFile(path));
    return { width: header.width, height: header.height, bands: bandsOf(header), type: 'uint8' };
  },
  read: async (path) => [readTga(await readFile(path))],
};
