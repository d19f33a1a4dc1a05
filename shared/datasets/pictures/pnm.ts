// Portable bitmaps, greymaps and pixmaps (P1 to P6), of up to 16 bits.

import { readFile } from 'node:fs/promises';
import { fail, takeBytes, throwOnSize, type PictureReader, type Raster } from './raster.js';

interface Header {
  readonly kind: number;
  readonly width: number;
  readonly height: number;
  /** Value of white. */
  readonly most: number;
  /** Where the pixels begin. */
  readonly offset: number;
}

/** Whole numbers parted by white space; `#` begins a comment up to the end of its line. */
function createNumberReader(file: Uint8Array, start: number): { next(): number; readonly offset: number } {
  let at = start;
  const isSpace = (byte: number | undefined): boolean => byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13));
  return {
    get offset() {
      return at;
    },
    next() {
      for (; isSpace(file[at]) || file[at] === 0x23; at++) if (file[at] === 0x23) while (at < file.length && file[at] !== 10) at++;
      const first = at;
      let value = 0;
      for (; file[at]! >= 48 && file[at]! <= 57; at++) value = value * 10 + file[at]! - 48;
      return at === first ? fail('a number is missing in it') : value;
    },
  };
}

function readHeader(file: Buffer): Header {
  const kind = Number(/^P([1-6])\s/.exec(file.toString('latin1', 0, 3))?.[1]);
  if (Number.isNaN(kind)) fail('its header is not that of a PBM, PGM or PPM file');
  const numbers = createNumberReader(file, 2);
  const [width, height] = [numbers.next(), numbers.next()];
  const most = kind === 1 || kind === 4 ? 1 : numbers.next();
  if (most < 1 || most > 65_535) fail(`its largest value is ${most}, expected 1 to 65535`);
  throwOnSize(width, height, bandsOf(kind));
  return { kind, width, height, most, offset: numbers.offset + (kind > 3 ? 1 : 0) };
}

const bandsOf = (kind: number): number => (kind === 3 || kind === 6 ? 3 : 1);

/** Bits, of which 1 is black, eight in each byte or as text; each row of bytes begins anew. */
function readBits(file: Buffer, { kind, width, height, offset }: Header): Uint8Array {
  const samples = new Uint8Array(width * height);
  if (kind === 4) {
    const stride = Math.ceil(width / 8);
    const rows = takeBytes(file, offset, stride * height);
    for (let i = 0; i < samples.length; i++) {
      const x = i % width;
      samples[i] = 1 - ((rows[Math.floor(i / width) * stride + (x >> 3)]! >> (7 - (x & 7))) & 1);
    }
    return samples;
  }
  // As text they need no space between them.
  const digits = file.toString('latin1', offset).replace(/#.*/g, '').replace(/[^01]/g, '');
  if (digits.length < samples.length) fail(`it has ${digits.length} pixels, ${samples.length} were expected`);
  return samples.map((_, i) => (digits[i] === '0' ? 1 : 0));
}

function readNumbers(file: Buffer, { kind, width, height, most, offset }: Header): Uint8Array | Uint16Array {
  const length = width * height * bandsOf(kind);
  const samples = most > 255 ? new Uint16Array(length) : new Uint8Array(length);
  if (kind > 3) {
    const bytes = takeBytes(file, offset, samples.byteLength);
    if (most <= 255) samples.set(bytes);
    else for (let i = 0; i < length; i++) samples[i] = bytes[2 * i]! * 256 + bytes[2 * i + 1]!;
  } else {
    const numbers = createNumberReader(file, offset);
    for (let i = 0; i < length; i++) samples[i] = numbers.next();
  }
  return samples;
}

const typeOf = ({ most }: Header): 'uint8' | 'uint16' => (most > 255 ? 'uint16' : 'uint8');

function readPnm(file: Buffer): Raster {
  const header = readHeader(file);
  const { kind, width, height, most } = header;
  const samplesHWS = kind === 1 || kind === 4 ? readBits(file, header) : readNumbers(file, header);
  return { samplesHWS, width, height, bands: bandsOf(kind), type: typeOf(header), limits: [0, most] };
}

export const pnm: PictureReader = {
  async describe(path) {
    const header = readHeader(await readFile(path));
    return { width: header.width, height: header.height, bands: bandsOf(header.kind), type: typeOf(header) };
  },
  read: async (path) => [readPnm(await readFile(path))],
};
