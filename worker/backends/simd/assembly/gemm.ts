// Matrix products, in fp32, tile by tile.
// `gemmRows` multiplies rows of A that may lie anywhere (a table gives their byte offsets), which is a convolution
// when the rows are windows of a padded image. `gemmColumns` is the transposed product: a filter's gradient.
// B is always packed in panels of 8 columns: [ceil(N / 8)][K][8], zero beyond N.

import { int, pointer } from './arguments';
import { GemmColumns, GemmRows, Pack, TILE_ROWS } from './slots';
import { scratch } from './scratch';
import { columnsTile, rowsTile } from './tile';

/** Rows of the long dimension that `gemmColumns` takes at a time, so that a panel stays in the first-level cache. */
const COLUMN_BLOCK: i32 = 256;

/** Copies the first `columns` floats of 5 scattered rows from or to the 5x8 block at `block`. */
function copyEdge(block: usize, rows: usize, c: usize, columns: i32, toBlock: bool): void {
  for (let r = 0; r < TILE_ROWS; r++) {
    const row = c + load<u32>(rows + (r << 2));
    const inBlock = block + (r << 5);
    if (toBlock) memory.copy(inBlock, row, columns << 2);
    else memory.copy(row, inBlock, columns << 2);
  }
}

/**
 * C[rowsC[m]][n] = (C or bias or 0) + sum over k of A[rowsA[m]][k] * B[k][n].
 * Both tables hold byte offsets and are padded to a multiple of 5 by repeating the last row: a repeated row computes and
 * stores the same value again.
 * M is padded; the bias is padded to a multiple of 8, or 0. perChunk: rows a chunk.
 */
export function gemmRows(slots: usize, chunk: i32): void {
  const a = pointer(slots, GemmRows.a), rowsA = pointer(slots, GemmRows.rowsA);
  const segments = int(slots, GemmRows.segments), length = int(slots, GemmRows.length);
  const segmentStride = pointer(slots, GemmRows.segmentStride);
  const b = pointer(slots, GemmRows.b), panelBytes = pointer(slots, GemmRows.panelBytes);
  const c = pointer(slots, GemmRows.c), rowsC = pointer(slots, GemmRows.rowsC);
  const M = int(slots, GemmRows.M), N = int(slots, GemmRows.N), step = int(slots, GemmRows.perChunk);
  const accumulate = int(slots, GemmRows.accumulate) != 0, bias = pointer(slots, GemmRows.bias);
  const from = chunk * step, to = min(M, from + step);
  const block = scratch;
  for (let n = 0, panel = b; n < N; n += 8, panel += panelBytes) {
    const columns = N - n;
    const left = c + (n << 2);
    const panelBias = bias ? bias + (n << 2) : 0;
    for (let m = from; m < to; m += TILE_ROWS) {
      const ra = rowsA + (m << 2), rc = rowsC + (m << 2);
      let c0 = block, c1 = block + 32, c2 = block + 64, c3 = block + 96, c4 = block + 128;
      if (columns >= 8) {
        c0 = left + load<u32>(rc); c1 = left + load<u32>(rc, 4); c2 = left + load<u32>(rc, 8);
        c3 = left + load<u32>(rc, 12); c4 = left + load<u32>(rc, 16);
      } else if (accumulate) copyEdge(block, rc, left, columns, true);
      rowsTile(
        a + load<u32>(ra), a + load<u32>(ra, 4), a + load<u32>(ra, 8), a + load<u32>(ra, 12), a + load<u32>(ra, 16),
        segments, length, segmentStride, panel, c0, c1, c2, c3, c4, accumulate, panelBias,
      );
      if (columns < 8) copyEdge(block, rc, left, columns, false);
    }
  }
}

/**
 * C[s * length + i][n] = sum over r of A[rows[r] + s * segmentStride][i] * B[r][n].
 * A tile whose 5 rows do not fit its segment goes through scratch, as does one whose 8 columns do not fit N. It reads up to 4
 * floats beyond a row of A: every allocation has that slack.
 * With accumulate it adds to what C holds. perChunk: tiles a chunk; columnsPerChunk is a multiple of 8. Chunks: groups of tiles *
 * groups of columns.
 */
export function gemmColumns(slots: usize, chunk: i32): void {
  const a = pointer(slots, GemmColumns.a), rows = pointer(slots, GemmColumns.rows), R = int(slots, GemmColumns.R);
  const segments = int(slots, GemmColumns.segments), length = int(slots, GemmColumns.length);
  const segmentStride = pointer(slots, GemmColumns.segmentStride);
  const b = pointer(slots, GemmColumns.b), c = pointer(slots, GemmColumns.c), N = int(slots, GemmColumns.N);
  const step = int(slots, GemmColumns.perChunk);
  const accumulate = int(slots, GemmColumns.accumulate) != 0;
  const tilesPerSegment = (length + TILE_ROWS - 1) / TILE_ROWS;
  const columnStep = int(slots, GemmColumns.columnsPerChunk), groups = (N + columnStep - 1) / columnStep;
  const fromN = (chunk % groups) * columnStep, toN = min(N, fromN + columnStep);
  const from = (chunk / groups) * step, to = min(segments * tilesPerSegment, from + step);
  const rowBytes = N << 2;
  const block = scratch;
  for (let r = 0; r < R; r += COLUMN_BLOCK) {
    const count = min(COLUMN_BLOCK, R - r), adds = accumulate || r > 0;
    for (let n = fromN, panel = b + ((n >> 3) * R + r << 5); n < toN; n += 8, panel += <usize>R << 5) {
      const columns = min(8, N - n);
      for (let t = from; t < to; t++) {
        const segment = t / tilesPerSegment;
        const i = (t - segment * tilesPerSegment) * TILE_ROWS;
        const valid = min(TILE_ROWS, length - i);
        const at = a + <usize>segment * segmentStride + (i << 2);
        const out = c + <usize>((segment * length + i) * rowBytes + (n << 2));
        if (valid == TILE_ROWS && columns == 8) {
          columnsTile(at, rows + (r << 2), count, panel, out, rowBytes, adds);
          continue;
        }
        if (adds) for (let v = 0; v < valid; v++) memory.copy(block + (v << 5), out + v * rowBytes, columns << 2);
        columnsTile(at, rows + (r << 2), count, panel, block, 32, adds);
        for (let v = 0; v < valid; v++) memory.copy(out + v * rowBytes, block + (v << 5), columns << 2);
      }
    }
  }
}

/** Packs B[k][n] = source[k * rowStride + n * columnStride] (bytes) into panels of 8 columns, one panel a chunk. */
export function pack(slots: usize, chunk: i32): void {
  const rowStride = pointer(slots, Pack.rowStride), columnStride = pointer(slots, Pack.columnStride);
  const K = int(slots, Pack.K), columns = min(8, int(slots, Pack.N) - (chunk << 3));
  let from = pointer(slots, Pack.source) + <usize>(chunk << 3) * columnStride;
  let to = pointer(slots, Pack.destination) + <usize>chunk * pointer(slots, Pack.panelBytes);
  if (columns == 8 && columnStride == 4) {
    for (let k = 0; k < K; k++, from += rowStride, to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  } else if (columns == 8 && rowStride == 4) {
    packTransposed(from, columnStride, K, to);
  } else {
    for (let k = 0; k < K; k++, from += rowStride, to += 32) {
      for (let n = 0; n < 8; n++) store<f32>(to + (n << 2), n < columns ? load<f32>(from + <usize>n * columnStride) : 0);
    }
  }
}

/** Eight contiguous rows of K floats become K rows of 8. */
function packTransposed(from: usize, stride: usize, K: i32, to: usize): void {
  let k = 0;
  for (; k + 4 <= K; k += 4, from += 16, to += 128) {
    for (let half = 0; half < 2; half++) {
      const base = from + <usize>(half << 2) * stride, out = to + (half << 4);
      const r0 = v128.load(base), r1 = v128.load(base + stride);
      const r2 = v128.load(base + 2 * stride), r3 = v128.load(base + 3 * stride);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
      v128.store(out, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7), 32);
      v128.store(out, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), 64);
      v128.store(out, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7), 96);
    }
  }
  for (; k < K; k++, from += 4, to += 32) {
    for (let n = 0; n < 8; n++) store<f32>(to + (n << 2), load<f32>(from + <usize>n * stride));
  }
}
