// The two matrix products that convolutions and matmuls are made of, on byte offsets. Leaves out tensors and shapes.

import type { Kernels } from './kernels.js';
import { TILE_ROWS } from './rows.js';
import type { RowTable } from './rows.js';

/** Columns of a packed panel. */
const PANEL = 8;
/** Floats of the summed dimension that one pass takes: a panel of that length fits the first-level cache. */
const DEPTH = 384;
/** Multiplications that a chunk should have: long beside the cost of a call, short beside a whole product. */
const CHUNK_MULTIPLICATIONS = 1_000_000;

/** Tiles of a transposed product that share a panel of B while it is in the first-level cache. */
const CHUNK_TILES = 8;

export interface PackedMatrix {
  readonly pointer: number;
  /** Rows, the summed dimension. */
  readonly depth: number;
  readonly columns: number;
}

/** Rows of floats: `segments` runs of `length` floats, `segmentStride` bytes apart. */
export interface RowShape {
  readonly segments: number;
  readonly length: number;
  readonly segmentStride: number;
}

export function countPanels(columns: number): number {
  return Math.ceil(columns / PANEL);
}

/** Room for a packed matrix; the caller frees its pointer. */
export function allocatePacked(kernels: Kernels, depth: number, columns: number): PackedMatrix {
  return { pointer: kernels.heap.allocate(countPanels(columns) * PANEL * depth * 4), depth, columns };
}

/** Packs `rows` rows of a matrix with the given strides (bytes) into the packed one, from its row `atRow` on. */
export function packInto(
  kernels: Kernels,
  packed: PackedMatrix,
  source: { readonly pointer: number; readonly rowStride: number; readonly columnStride: number; readonly rows: number },
  atRow = 0,
): void {
  kernels.run('pack', countPanels(packed.columns), [
    source.pointer,
    source.rowStride,
    source.columnStride,
    source.rows,
    packed.columns,
    packed.pointer + atRow * PANEL * 4,
    packed.depth * PANEL * 4,
  ]);
}

/** Cuts a row into passes of about DEPTH floats: whole segments where they are short, parts of one where it is long. */
function cutPasses(shape: RowShape): { readonly offset: number; readonly from: number; readonly segments: number; readonly length: number }[] {
  const { segments, length, segmentStride } = shape;
  const passes = [];
  if (length > DEPTH) {
    const parts = Math.ceil(length / DEPTH);
    const part = Math.ceil(length / parts / 4) * 4;
    for (let s = 0; s < segments; s++) {
      for (let k = 0; k < length; k += part) {
        passes.push({ offset: s * segmentStride + k * 4, from: s * length + k, segments: 1, length: Math.min(part, length - k) });
      }
    }
    return passes;
  }
  const perPass = Math.floor(DEPTH / length);
  for (let s = 0; s < segments; s += perPass) {
    passes.push({ offset: s * segmentStride, from: s * length, segments: Math.min(perPass, segments - s), length });
  }
  return passes;
}

/** C[rowsC[m]][n] = bias[n] + sum over k of A[rowsA[m]][k] * B[k][n]. The bias, if any, is padded to whole panels. */
export function multiplyRows(
  kernels: Kernels,
  a: { readonly pointer: number; readonly rows: RowTable; readonly shape: RowShape },
  b: PackedMatrix,
  c: { readonly pointer: number; readonly rows: RowTable },
  bias = 0,
): void {
  const numPadded = a.rows.numPadded;
  for (const pass of cutPasses(a.shape)) {
    const wanted = CHUNK_MULTIPLICATIONS / (pass.segments * pass.length * b.columns);
    const rowsPerChunk = Math.ceil(Math.min(Math.max(wanted, 30), 960) / TILE_ROWS) * TILE_ROWS;
    kernels.run('gemmRows', Math.ceil(numPadded / rowsPerChunk), [
      a.pointer + pass.offset,
      a.rows.pointer,
      pass.segments,
      pass.length,
      a.shape.segmentStride,
      b.pointer + pass.from * PANEL * 4,
      b.depth * PANEL * 4,
      c.pointer,
      c.rows.pointer,
      numPadded,
      b.columns,
      rowsPerChunk,
      pass.from > 0 ? 1 : 0,
      bias,
    ]);
  }
}

/** C[k][n] = sum over r of A[rows[r]][k] * B[r][n], C contiguous: the transposed product. Adds to C if told. */
export function multiplyColumns(
  kernels: Kernels,
  a: { readonly pointer: number; readonly rows: RowTable; readonly shape: RowShape },
  b: PackedMatrix,
  c: number,
  accumulate = false,
): void {
  const { segments, length, segmentStride } = a.shape;
  const numTiles = segments * Math.ceil(length / TILE_ROWS);
  const tilesPerChunk = Math.min(numTiles, CHUNK_TILES);
  const tileGroups = Math.ceil(numTiles / tilesPerChunk);
  // Few tiles: the columns are shared out too.
  const panels = countPanels(b.columns);
  const panelsPerChunk = Math.ceil(panels / Math.min(panels, Math.ceil(CHUNK_TILES / tileGroups)));
  kernels.run('gemmColumns', tileGroups * Math.ceil(panels / panelsPerChunk), [
    a.pointer,
    a.rows.pointer,
    a.rows.numRows,
    segments,
    length,
    segmentStride,
    b.pointer,
    c,
    b.columns,
    tilesPerChunk,
    accumulate ? 1 : 0,
    panelsPerChunk * PANEL,
    TILE_ROWS,
  ]);
}
