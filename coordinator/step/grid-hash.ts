// The hash of a sum that becomes final piece by piece, in any order: of the hashes of its chunks on a grid that never changes. How the
// pieces are cut (exchange.chunkBytes) does not show in it, and whoever owns a part of the grid can hash that part.

import { createHash } from 'node:crypto';

/** Elements of a chunk of the grid: 256 KiB. */
export const GRID_LENGTH = 65_536;

export interface GridHash {
  /** These elements of the sum are final. No element may be named twice. */
  add(offset: number, length: number): void;
  /** SHA-256 of the chunks' SHA-256 digests, one after another; hexadecimal. Every element must be final. */
  digest(): string;
}

export function createGridHash(sum: Float32Array): GridHash {
  const digests: (Buffer | undefined)[] = Array.from({ length: Math.ceil(sum.length / GRID_LENGTH) }, () => undefined);
  const missing = digests.map((_, chunk) => Math.min(GRID_LENGTH, sum.length - chunk * GRID_LENGTH));

  function hashChunk(chunk: number): Buffer {
    const values = sum.subarray(chunk * GRID_LENGTH, (chunk + 1) * GRID_LENGTH);
    return createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest();
  }

  return {
    add(offset, length) {
      for (let at = offset; at < offset + length;) {
        const chunk = Math.floor(at / GRID_LENGTH);
        const end = Math.min(offset + length, (chunk + 1) * GRID_LENGTH);
        missing[chunk]! -= end - at;
        if (missing[chunk] === 0) digests[chunk] = hashChunk(chunk);
        at = end;
      }
    },
    digest() {
      const hash = createHash('sha256');
      for (const [chunk, digest] of digests.entries()) {
        if (!digest) throw new Error(`chunk ${chunk} of the sum is not final: ${missing[chunk]} elements are missing`);
        hash.update(digest);
      }
      return hash.digest('hex');
    },
  };
}
