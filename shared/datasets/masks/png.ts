// The numbers of an indexed or grey PNG as the file holds them: what shows pictures turns indices into colours, and those are no classes.
// Left out: colours, 16 bits, interlacing; none of them is a mask's.

import { inflateSync } from 'node:zlib';
import { fail, takeBytes, throwOnSize } from '../pictures/raster.js';

export interface NumberedPixels {
  readonly values: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY = 0;
const INDEXED = 3;

/** Throws PretextError DECODE_FAILED or DECODE_LIMIT with the reason. */
export function readNumbers(file: Uint8Array): NumberedPixels {
  if (!SIGNATURE.every((byte, i) => file[i] === byte)) fail('it is no PNG file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let header: Header | undefined;
  const parts: Uint8Array[] = [];
  for (let at = SIGNATURE.length; at + 8 <= file.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const body = takeBytes(file, at + 8, length);
    if (name === 'IHDR') header = readHeader(body);
    if (name === 'IDAT') parts.push(body);
    if (name === 'IEND') break;
    at += 12 + length;
  }
  if (!header) return fail('it has no header');
  return unpack(inflate(parts, header), header);
}

function readHeader(body: Uint8Array): Header {
  takeBytes(body, 0, 13);
  const view = new DataView(body.buffer, body.byteOffset);
  const [width, height, bits, colour, interlaced] = [view.getUint32(0), view.getUint32(4), body[8]!, body[9]!, body[12]!];
  throwOnSize(width, height, 1);
  if (colour !== GREY && colour !== INDEXED) fail('it has colours, expected an indexed or grey PNG whose numbers are classes');
  if (![1, 2, 4, 8].includes(bits)) fail(`it has ${bits} bits a pixel, expected 8 at most`);
  if (interlaced !== 0) fail('it is interlaced, which is not read; save it without');
  return { width, height, bits };
}

const bytesOfRow = ({ width, bits }: Header): number => Math.ceil((width * bits) / 8);

function inflate(parts: readonly Uint8Array[], header: Header): Uint8Array {
  const length = header.height * (1 + bytesOfRow(header));
  try {
    return takeBytes(inflateSync(Buffer.concat(parts), { maxOutputLength: length }), 0, length);
  } catch {
    return fail('it is damaged or cut off');
  }
}

/** Numbers of pixels from filtered rows of packed ones. */
function unpack(filtered: Uint8Array, header: Header): NumberedPixels {
  const { width, height, bits } = header;
  const values = new Uint8Array(width * height);
  const rowBytes = bytesOfRow(header);
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1);
    const row = unfilter(filtered.subarray(start + 1, start + 1 + rowBytes), above, filtered[start]!);
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      values[y * width + x] = (row[bit >> 3]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
    above = row;
  }
  return { values, width, height };
}

/** What each filter adds, of the bytes to the left, above, and left of that above. */
const FILTERS: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0, (left) => left, (_left, up) => up, (left, up) => (left + up) >> 1, nearestOf,
];

/** Paeth's: the one of the three that is nearest to left + up - corner. */
function nearestOf(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

/** In place. */
function unfilter(row: Uint8Array, above: Uint8Array, filter: number): Uint8Array {
  const add = FILTERS[filter] ?? fail(`it has a filter ${filter}, which there is none of`);
  for (let i = 0; i < row.length; i++) row[i]! += add(row[i - 1] ?? 0, above[i]!, above[i - 1] ?? 0);
  return row;
}
