// Matrix products, in fp32, on a 5x8 register tile: 10 accumulators, 2 loads of B and 1 splat of A fit the 16
// vector registers of x86. No fused multiply-add: the bits are the same on every engine.
// `gemmRows` multiplies rows of A that may lie anywhere (a table gives their byte offsets), which is a convolution
// when the rows are windows of a padded image. `gemmColumns` is the transposed product: a filter's gradient.
// B is always packed in panels of 8 columns: [ceil(N / 8)][K][8], zero beyond N.

import { int, pointer } from './arguments';
import { scratch } from './scratch';

const TILE_ROWS: i32 = 5;
/** Rows of the long dimension that `gemmColumns` takes at a time, so that a panel stays in the first-level cache. */
const COLUMN_BLOCK: i32 = 256;

// @ts-ignore: decorator
@inline
function madd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * One 5x8 tile: c[r][0..7] = (c or bias or 0) + sum over segments and k of a[r][k] * b[k][0..7].
 * A row consists of `segments` runs of `length` floats, `segmentStride` bytes apart.
 */
function rowsTile(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize,
  segments: i32, length: i32, segmentStride: usize, b: usize,
  c0: usize, c1: usize, c2: usize, c3: usize, c4: usize,
  accumulate: bool, bias: usize,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00;
  let s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00;
  if (accumulate) {
    s00 = v128.load(c0); s01 = v128.load(c0, 16);
    s10 = v128.load(c1); s11 = v128.load(c1, 16);
    s20 = v128.load(c2); s21 = v128.load(c2, 16);
    s30 = v128.load(c3); s31 = v128.load(c3, 16);
    s40 = v128.load(c4); s41 = v128.load(c4, 16);
  } else if (bias) {
    s00 = v128.load(bias); s01 = v128.load(bias, 16);
    s10 = s00; s20 = s00; s30 = s00; s40 = s00;
    s11 = s01; s21 = s01; s31 = s01; s41 = s01;
  }
  const skip = segmentStride - (<usize>length << 2);
  const quads = length >> 2;
  const rest = length & 3;
  while (segments--) {
    let k = quads;
    while (k--) {
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      x = v128.load32_splat(a2); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      x = v128.load32_splat(a4); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      b0 = v128.load(b, 32); b1 = v128.load(b, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      x = v128.load32_splat(a2, 4); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 4); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      x = v128.load32_splat(a4, 4); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      b0 = v128.load(b, 64); b1 = v128.load(b, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 8); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      x = v128.load32_splat(a2, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 8); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      x = v128.load32_splat(a4, 8); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      b0 = v128.load(b, 96); b1 = v128.load(b, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 12); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      x = v128.load32_splat(a2, 12); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      x = v128.load32_splat(a4, 12); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      a0 += 16; a1 += 16; a2 += 16; a3 += 16; a4 += 16; b += 128;
    }
    k = rest;
    while (k--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      x = v128.load32_splat(a2); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      x = v128.load32_splat(a4); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; b += 32;
    }
    a0 += skip; a1 += skip; a2 += skip; a3 += skip; a4 += skip;
  }
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}

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
 * Slots: a, rowsA, segments, length, segmentStride, b, bPanelBytes, c, rowsC, M (padded), N, rows a chunk, accumulate, bias
 * (padded to a multiple of 8, or 0).
 */
export function gemmRows(slots: usize, chunk: i32): void {
  const a = pointer(slots, 0), rowsA = pointer(slots, 1);
  const segments = int(slots, 2), length = int(slots, 3), segmentStride = pointer(slots, 4);
  const b = pointer(slots, 5), panelBytes = pointer(slots, 6);
  const c = pointer(slots, 7), rowsC = pointer(slots, 8);
  const M = int(slots, 9), N = int(slots, 10), step = int(slots, 11);
  const accumulate = int(slots, 12) != 0, bias = pointer(slots, 13);
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

/** One 5x8 tile of the transposed product: c[i][0..7] (+)= sum over r of a[rows[r]][i] * b[r][0..7]. */
function columnsTile(a: usize, rows: usize, count: i32, b: usize, c: usize, cStride: usize, accumulate: bool): void {
  const c1 = c + cStride, c2 = c1 + cStride, c3 = c2 + cStride, c4 = c3 + cStride;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00;
  let s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00;
  if (accumulate) {
    s00 = v128.load(c); s01 = v128.load(c, 16);
    s10 = v128.load(c1); s11 = v128.load(c1, 16);
    s20 = v128.load(c2); s21 = v128.load(c2, 16);
    s30 = v128.load(c3); s31 = v128.load(c3, 16);
    s40 = v128.load(c4); s41 = v128.load(c4, 16);
  }
  let pairs = count >> 1;
  while (pairs--) {
    let p = a + load<u32>(rows);
    let b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    p = a + load<u32>(rows, 4);
    b0 = v128.load(b, 32); b1 = v128.load(b, 48);
    x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    rows += 8; b += 64;
  }
  if (count & 1) {
    const p = a + load<u32>(rows);
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}

/**
 * C[s * length + i][n] = sum over r of A[rows[r] + s * segmentStride][i] * B[r][n].
 * A tile whose 5 rows do not fit its segment goes through scratch, as does one whose 8 columns do not fit N. It reads up to 4
 * floats beyond a row of A: every allocation has that slack.
 * Slots: a, rows, R, segments, length, segmentStride, b, c, N, tiles a chunk, accumulate: adds to what C holds, columns a chunk
 * (a multiple of 8). Chunks: groups of tiles * groups of columns.
 */
export function gemmColumns(slots: usize, chunk: i32): void {
  const a = pointer(slots, 0), rows = pointer(slots, 1), R = int(slots, 2);
  const segments = int(slots, 3), length = int(slots, 4), segmentStride = pointer(slots, 5);
  const b = pointer(slots, 6), c = pointer(slots, 7), N = int(slots, 8), step = int(slots, 9);
  const accumulate = int(slots, 10) != 0;
  const tilesPerSegment = (length + TILE_ROWS - 1) / TILE_ROWS;
  const columnStep = int(slots, 11), groups = (N + columnStep - 1) / columnStep;
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

/**
 * Packs B[k][n] = source[k * rowStride + n * columnStride] (bytes) into panels of 8 columns, one panel a chunk.
 * Slots: source, rowStride, columnStride, K, N, destination, panelBytes.
 */
export function pack(slots: usize, chunk: i32): void {
  const rowStride = pointer(slots, 1), columnStride = pointer(slots, 2);
  const K = int(slots, 3), columns = min(8, int(slots, 4) - (chunk << 3));
  let from = pointer(slots, 0) + <usize>(chunk << 3) * columnStride;
  let to = pointer(slots, 5) + <usize>chunk * pointer(slots, 6);
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
