// PNG files of numbers, byte by byte, for tests that know what must come out.

import { crc32, deflateSync } from 'node:zlib';

export interface NumbersPng {
  readonly width: number;
  readonly height: number;
  /** [H, W]. */
  readonly values: ArrayLike<number>;
  /** Default 8. */
  readonly bits?: number;
  /** 0 grey, 3 indexed, 2 colours. Default 3. */
  readonly colour?: number;
  readonly interlaced?: boolean;
}

function chunk(name: string, body: Uint8Array): Buffer {
  const whole = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(whole));
  return Buffer.concat([length, whole, check]);
}

function nearestOf(a: number, b: number, c: number): number {
  const guess = a + b - c;
  const [toA, toB, toC] = [a, b, c].map((each) => Math.abs(guess - each)) as [number, number, number];
  return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
}

/** Each row by another of the five filters. */
export function makePng({ width, height, values, bits = 8, colour = 3, interlaced = false }: NumbersPng): Buffer {
  const rowBytes = Math.ceil((width * bits) / 8);
  const rows = Array.from({ length: height }, (_, y) => {
    const row = new Uint8Array(rowBytes);
    for (let x = 0; x < width; x++) row[(x * bits) >> 3]! |= values[y * width + x]! << (8 - bits - ((x * bits) & 7));
    return row;
  });
  const filtered = rows.map((row, y) => {
    const above = rows[y - 1] ?? new Uint8Array(rowBytes);
    const guess = (i: number): number => {
      const [a, b, c] = [row[i - 1] ?? 0, above[i]!, above[i - 1] ?? 0];
      return [0, a, b, Math.floor((a + b) / 2), nearestOf(a, b, c)][y % 5]!;
    };
    return Buffer.from([y % 5, ...row.map((byte, i) => byte - guess(i))]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour, 0, 0, interlaced ? 1 : 0], 8);
  const packed = deflateSync(Buffer.concat(filtered));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), ...(colour === 3 ? [chunk('PLTE', Buffer.alloc(3 * 2 ** bits))] : []),
    // In two pieces, as encoders may.
    chunk('IDAT', packed.subarray(0, 3)), chunk('IDAT', packed.subarray(3)), chunk('IEND', Buffer.alloc(0)),
  ]);
}
