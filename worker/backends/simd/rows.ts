// Tables of byte offsets of rows, for the matrix kernels: where each row of a product begins in memory. They depend on
// shapes only, so the last few are kept.

import type { Heap } from './heap.js';
import { shared } from './slots.js';

/** Tables are padded to a multiple by repeating their last row. */
const { TILE_ROWS } = shared;
const KEPT_BYTES = 32 * 2 ** 20;

export interface RowTable {
  readonly pointer: number;
  readonly numRows: number;
  /** A multiple of TILE_ROWS. */
  readonly numPadded: number;
}

type Triple = readonly [number, number, number];

export class RowTables {
  readonly #heap: Heap;
  readonly #kept = new Map<string, RowTable>();
  #keptBytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Rows at 0, stride, 2 * stride... */
  linear(numRows: number, strideBytes: number): RowTable {
    return this.#keep(`linear ${numRows} ${strideBytes}`, numRows, (offsets) => {
      for (let row = 0; row < numRows; row++) offsets[row] = row * strideBytes;
    });
  }

  /** Pixels (n, i, j) of a grid [numImages, height, width], each at base + n * strideN + i * strideI + j * strideJ bytes. */
  grid([numImages, height, width]: Triple, base: number, strides: Triple): RowTable {
    const key = `grid ${numImages} ${height} ${width} ${base} ${strides.join(' ')}`;
    return this.#keep(key, numImages * height * width, (offsets) => {
      let row = 0;
      for (let n = 0; n < numImages; n++) {
        for (let i = 0; i < height; i++) {
          const start = base + n * strides[0] + i * strides[1];
          for (let j = 0; j < width; j++) offsets[row++] = start + j * strides[2];
        }
      }
    });
  }

  #keep(key: string, numRows: number, fill: (offsets: Int32Array) => void): RowTable {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      // Moves it to the end of the order of eviction.
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const table = this.#create(numRows, fill);
    this.#kept.set(key, table);
    return table;
  }

  #create(numRows: number, fill: (offsets: Int32Array) => void): RowTable {
    const numPadded = Math.ceil(numRows / TILE_ROWS) * TILE_ROWS;
    this.#keptBytes += numPadded * 4;
    this.#evict();
    const pointer = this.#heap.allocate(numPadded * 4);
    const offsets = new Int32Array(this.#heap.memory.buffer, pointer, numPadded);
    fill(offsets);
    offsets.fill(offsets[numRows - 1]!, numRows);
    return { pointer, numRows, numPadded };
  }

  /** A kernel uses up to four tables at a time; only older ones may go. */
  #evict(): void {
    for (const [key, table] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || this.#kept.size <= 8) return;
      this.#kept.delete(key);
      this.#keptBytes -= table.numPadded * 4;
      this.#heap.free(table.pointer);
    }
  }
}
