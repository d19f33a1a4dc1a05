// The two matrix products that convolutions and matmuls are made of, on byte offsets. Leaves out tensors and shapes.

import type { Kernels } from './kernels.js';
import type { RowTable } from './rows.js';
import { shared } from './slots.js';

const { TILE_ROWS } = shared;

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
  kernels.run('pack', countPanels(packed.columns), {
    source: source.pointer,
    rowStride: source.rowStride,
    columnStride: source.columnStride,
    K: source.rows,
    N: packed.columns,
    destination: packed.pointer + atRow * PANEL * 4,
    panelBytes: packed.depth * PANEL * 4,
  });
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

/** The left side of a product. */
export interface ScatteredMatrix {
  readonly pointer: number;
  readonly rows: RowTable;
  readonly shape: RowShape;
}

/** What a product of rows is written to: the rows, and what is added to each of them, padded to whole panels. */
export interface RowsTarget {
  readonly pointer: number;
  readonly rows: RowTable;
  readonly bias?: number;
}

/** C[rowsC[m]][n] = bias[n] + sum over k of A[rowsA[m]][k] * B[k][n]. */
export function multiplyRows(kernels: Kernels, a: ScatteredMatrix, b: PackedMatrix, c: RowsTarget): void {
  const numPadded = a.rows.numPadded;
  for (const pass of cutPasses(a.shape)) {
    const wanted = CHUNK_MULTIPLICATIONS / (pass.segments * pass.length * b.columns);
    const rowsPerChunk = Math.ceil(Math.min(Math.max(wanted, 30), 960) / TILE_ROWS) * TILE_ROWS;
    kernels.run('gemmRows', Math.ceil(numPadded / rowsPerChunk), {
      a: a.pointer + pass.offset,
      rowsA: a.rows.pointer,
      segments: pass.segments,
      length: pass.length,
      segmentStride: a.shape.segmentStride,
      b: b.pointer + pass.from * PANEL * 4,
      panelBytes: b.depth * PANEL * 4,
      c: c.pointer,
      rowsC: c.rows.pointer,
      M: numPadded,
      N: b.columns,
      perChunk: rowsPerChunk,
      accumulate: pass.from > 0 ? 1 : 0,
      bias: c.bias ?? 0,
    });
  }
}

/** What a transposed product is written to, or added to. */
export interface ColumnsTarget {
  readonly pointer: number;
  readonly accumulate?: boolean;
}

/** C[k][n] = sum over r of A[rows[r]][k] * B[r][n], C contiguous: the transposed product. */
export function multiplyColumns(kernels: Kernels, a: ScatteredMatrix, b: PackedMatrix, c: ColumnsTarget): void {
  const { segments, length, segmentStride } = a.shape;
  const numTiles = segments * Math.ceil(length / TILE_ROWS);
  const tilesPerChunk = Math.min(numTiles, CHUNK_TILES);
  const tileGroups = Math.ceil(numTiles / tilesPerChunk);
  // Few tiles: the columns are shared out too.
  const panels = countPanels(b.columns);
  const panelsPerChunk = Math.ceil(panels / Math.min(panels, Math.ceil(CHUNK_TILES / tileGroups)));
  kernels.run('gemmColumns', tileGroups * Math.ceil(panels / panelsPerChunk), {
    a: a.pointer,
    rows: a.rows.pointer,
    R: a.rows.numRows,
    segments,
    length,
    segmentStride,
    b: b.pointer,
    c: c.pointer,
    N: b.columns,
    perChunk: tilesPerChunk,
    accumulate: c.accumulate ? 1 : 0,
    columnsPerChunk: panelsPerChunk * PANEL,
    tileRows: TILE_ROWS,
  });
}
