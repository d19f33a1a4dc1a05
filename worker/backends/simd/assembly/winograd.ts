// Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray 2015): a 3x3 convolution as 16 matrix products over tiles of 4x4
// inputs, with 16 multiplications where the definition has 36. Here are the transforms; the products are gemm.ts's.
// B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1], G = [1 0 0; .5 .5 .5; .5 -.5 .5; 0 0 1], A' = [1 1 1 0; 0 1 -1 -1].
// The filter's gradient is the transposed algorithm: G' [(A dY A') . (B' d B)] G, summed over tiles.
// Letters: T tiles of this block, C input channels, D output channels; channels come in fours. The 16 planes of a transform lie
// some bytes more apart than they are long: powers of two would put all 16 into the same lines of the cache.

import { int, pointer } from './arguments';
import { WinogradFilter, WinogradFilterGradient, WinogradInput, WinogradTiles } from './slots';

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function plus(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function minus(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

/** V[16][T][C] = B' d B of each tile, whose offsets begin with that of the block's first. */
export function winogradInput(slots: usize, chunk: i32): void {
  const x = pointer(slots, WinogradInput.x), offsets = pointer(slots, WinogradInput.offsets), T = int(slots, WinogradInput.T);
  const C = int(slots, WinogradInput.C);
  const row = pointer(slots, WinogradInput.rowBytes), perChunk = int(slots, WinogradInput.perChunk);
  const from = chunk * perChunk, to = min(T, from + perChunk);
  const pixel = <usize>C << 2, plane = pointer(slots, WinogradInput.planeBytes);
  for (let t = from; t < to; t++) {
    let at = x + load<u32>(offsets + (t << 2));
    let out = pointer(slots, WinogradInput.V) + ((t * C) << 2);
    for (let c = 0; c < C; c += 4, at += 16, out += 16) {
      // Columns first: each row of four becomes d0 - d2, d1 + d2, d2 - d1, d1 - d3.
      let p = at;
      let d0 = v128.load(p), d1 = v128.load(p + pixel), d2 = v128.load(p + 2 * pixel), d3 = v128.load(p + 3 * pixel);
      const a0 = minus(d0, d2), a1 = plus(d1, d2), a2 = minus(d2, d1), a3 = minus(d1, d3);
      p += row;
      d0 = v128.load(p); d1 = v128.load(p + pixel); d2 = v128.load(p + 2 * pixel); d3 = v128.load(p + 3 * pixel);
      const b0 = minus(d0, d2), b1 = plus(d1, d2), b2 = minus(d2, d1), b3 = minus(d1, d3);
      p += row;
      d0 = v128.load(p); d1 = v128.load(p + pixel); d2 = v128.load(p + 2 * pixel); d3 = v128.load(p + 3 * pixel);
      const c0 = minus(d0, d2), c1 = plus(d1, d2), c2 = minus(d2, d1), c3 = minus(d1, d3);
      p += row;
      d0 = v128.load(p); d1 = v128.load(p + pixel); d2 = v128.load(p + 2 * pixel); d3 = v128.load(p + 3 * pixel);
      const e0 = minus(d0, d2), e1 = plus(d1, d2), e2 = minus(d2, d1), e3 = minus(d1, d3);
      let o = out;
      v128.store(o, minus(a0, c0)); o += plane;
      v128.store(o, minus(a1, c1)); o += plane;
      v128.store(o, minus(a2, c2)); o += plane;
      v128.store(o, minus(a3, c3)); o += plane;
      v128.store(o, plus(b0, c0)); o += plane;
      v128.store(o, plus(b1, c1)); o += plane;
      v128.store(o, plus(b2, c2)); o += plane;
      v128.store(o, plus(b3, c3)); o += plane;
      v128.store(o, minus(c0, b0)); o += plane;
      v128.store(o, minus(c1, b1)); o += plane;
      v128.store(o, minus(c2, b2)); o += plane;
      v128.store(o, minus(c3, b3)); o += plane;
      v128.store(o, minus(b0, e0)); o += plane;
      v128.store(o, minus(b1, e1)); o += plane;
      v128.store(o, minus(b2, e2)); o += plane;
      v128.store(o, minus(b3, e3));
    }
  }
}

/** Writes G times a column of three, at four places a stride apart. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function storeFilter(out: usize, stride: usize, g0: v128, g1: v128, g2: v128): void {
  const half = f32x4.splat(0.5);
  const ends = f32x4.mul(plus(g0, g2), half), middle = f32x4.mul(g1, half);
  v128.store(out, g0);
  v128.store(out + stride, plus(ends, middle));
  v128.store(out + 2 * stride, minus(ends, middle));
  v128.store(out + 3 * stride, g2);
}

/**
 * U[16][panels][C][8] = G g G' of a filter of nine taps, eight output channels (a panel) a chunk.
 * The filter's bytes are those from tap to tap, from input channel to the next (row), from panel to panel.
 */
export function winogradFilter(slots: usize, chunk: i32): void {
  const C = int(slots, WinogradFilter.C), tap = pointer(slots, WinogradFilter.tapBytes);
  const row = pointer(slots, WinogradFilter.rowBytes), plane = pointer(slots, WinogradFilter.planeBytes);
  const panel = pointer(slots, WinogradFilter.filter) + <usize>chunk * pointer(slots, WinogradFilter.panelBytes);
  let to = pointer(slots, WinogradFilter.U) + (<usize>chunk * <usize>C << 5);
  for (let c = 0; c < C; c++, to += 32) {
    transformTaps(panel + <usize>c * row, tap, to, plane);
    transformTaps(panel + <usize>c * row + 16, tap, to + 16, plane);
  }
}

/** Nine taps of four output channels. */
function transformTaps(from: usize, tap: usize, to: usize, plane: usize): void {
  const half = f32x4.splat(0.5);
  const g00 = v128.load(from), g01 = v128.load(from + tap), g02 = v128.load(from + 2 * tap);
  const g10 = v128.load(from + 3 * tap), g11 = v128.load(from + 4 * tap), g12 = v128.load(from + 5 * tap);
  const g20 = v128.load(from + 6 * tap), g21 = v128.load(from + 7 * tap), g22 = v128.load(from + 8 * tap);
  storeFilter(to, plane, g00, g01, g02);
  const s0 = f32x4.mul(plus(g00, g20), half), s1 = f32x4.mul(plus(g01, g21), half), s2 = f32x4.mul(plus(g02, g22), half);
  const h0 = f32x4.mul(g10, half), h1 = f32x4.mul(g11, half), h2 = f32x4.mul(g12, half);
  storeFilter(to + 4 * plane, plane, plus(s0, h0), plus(s1, h1), plus(s2, h2));
  storeFilter(to + 8 * plane, plane, minus(s0, h0), minus(s1, h1), minus(s2, h2));
  storeFilter(to + 12 * plane, plane, g20, g21, g22);
}

/** y (to) of each tile = A' M A, M[16][T][D] (from); pixels beyond the image are left out. */
export function winogradOutput(slots: usize, chunk: i32): void {
  const T = int(slots, WinogradTiles.T), D = int(slots, WinogradTiles.D), first = int(slots, WinogradTiles.first);
  const down = int(slots, WinogradTiles.down), across = int(slots, WinogradTiles.across);
  const height = int(slots, WinogradTiles.height), width = int(slots, WinogradTiles.width), perChunk = int(slots, WinogradTiles.perChunk);
  const from = chunk * perChunk, to = min(T, from + perChunk);
  const plane = pointer(slots, WinogradTiles.planeBytes);
  for (let t = from; t < to; t++) {
    const tile = first + t, line = tile / across;
    const j = (tile - line * across) << 1, n = line / down, i = (line - n * down) << 1;
    let y = pointer(slots, WinogradTiles.to) + (((n * height + i) * width + j) * D << 2);
    const right = j + 1 < width ? <usize>D << 2 : 0, below = i + 1 < height ? <usize>(width * D) << 2 : 0;
    let m = pointer(slots, WinogradTiles.from) + ((t * D) << 2);
    for (let d = 0; d < D; d += 4, m += 16, y += 16) {
      let p = m;
      let u0 = v128.load(p), u1 = v128.load(p + plane), u2 = v128.load(p + 2 * plane), u3 = v128.load(p + 3 * plane);
      const a0 = plus(plus(u0, u1), u2), a1 = minus(minus(u1, u2), u3);
      p += 4 * plane;
      u0 = v128.load(p); u1 = v128.load(p + plane); u2 = v128.load(p + 2 * plane); u3 = v128.load(p + 3 * plane);
      const b0 = plus(plus(u0, u1), u2), b1 = minus(minus(u1, u2), u3);
      p += 4 * plane;
      u0 = v128.load(p); u1 = v128.load(p + plane); u2 = v128.load(p + 2 * plane); u3 = v128.load(p + 3 * plane);
      const c0 = plus(plus(u0, u1), u2), c1 = minus(minus(u1, u2), u3);
      p += 4 * plane;
      u0 = v128.load(p); u1 = v128.load(p + plane); u2 = v128.load(p + 2 * plane); u3 = v128.load(p + 3 * plane);
      const e0 = plus(plus(u0, u1), u2), e1 = minus(minus(u1, u2), u3);
      v128.store(y, plus(plus(a0, b0), c0));
      if (right) v128.store(y + right, plus(plus(a1, b1), c1));
      if (below) {
        v128.store(y + below, minus(minus(b0, c0), e0));
        if (right) v128.store(y + below + right, minus(minus(b1, c1), e1));
      }
    }
  }
}

/** Writes a row of A times columns: s, s + d, s - d, -d of a pair, at four places a stride apart. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function storePair(out: usize, stride: usize, s: v128, d: v128): void {
  v128.store(out, s);
  v128.store(out + stride, plus(s, d));
  v128.store(out + 2 * stride, minus(s, d));
  v128.store(out + 3 * stride, f32x4.neg(d));
}

/** W[16][D / 8][T][8] (to) = A dY A' of each tile (from), packed for a product; pixels beyond the image count as 0. */
export function winogradGradient(slots: usize, chunk: i32): void {
  const T = int(slots, WinogradTiles.T), D = int(slots, WinogradTiles.D), first = int(slots, WinogradTiles.first);
  const down = int(slots, WinogradTiles.down), across = int(slots, WinogradTiles.across);
  const height = int(slots, WinogradTiles.height), width = int(slots, WinogradTiles.width), perChunk = int(slots, WinogradTiles.perChunk);
  const from = chunk * perChunk, to = min(T, from + perChunk);
  const plane = pointer(slots, WinogradTiles.planeBytes), zero = f32x4.splat(0);
  for (let t = from; t < to; t++) {
    const tile = first + t, line = tile / across;
    const j = (tile - line * across) << 1, n = line / down, i = (line - n * down) << 1;
    let dy = pointer(slots, WinogradTiles.from) + (((n * height + i) * width + j) * D << 2);
    const right = j + 1 < width ? <usize>D << 2 : 0, below = i + 1 < height ? <usize>(width * D) << 2 : 0;
    for (let d = 0; d < D; d += 4, dy += 16) {
      const y00 = v128.load(dy), y01 = right ? v128.load(dy + right) : zero;
      const y10 = below ? v128.load(dy + below) : zero;
      const y11 = below && right ? v128.load(dy + below + right) : zero;
      const out = pointer(slots, WinogradTiles.to) + ((((d >> 3) * T + t) << 5) + ((d & 4) << 2));
      storePair(out, plane, y00, y01);
      storePair(out + 4 * plane, plane, plus(y00, y10), plus(y01, y11));
      storePair(out + 8 * plane, plane, minus(y00, y10), minus(y01, y11));
      storePair(out + 12 * plane, plane, f32x4.neg(y10), f32x4.neg(y11));
    }
  }
}

/** dg[3][3][C][D] = G' dU G, dU[16][C][D]. One input channel a chunk. */
export function winogradFilterGradient(slots: usize, chunk: i32): void {
  const C = int(slots, WinogradFilterGradient.C), D = int(slots, WinogradFilterGradient.D);
  const plane = pointer(slots, WinogradFilterGradient.planeBytes), tap = <usize>(C * D) << 2;
  const half = f32x4.splat(0.5);
  let u = pointer(slots, WinogradFilterGradient.dU) + ((chunk * D) << 2), g = pointer(slots, WinogradFilterGradient.dg) + ((chunk * D) << 2);
  for (let d = 0; d < D; d += 4, u += 16, g += 16) {
    for (let column = 0; column < 3; column++) {
      // The row transform of the wanted column, for each of the four rows.
      const r0 = filterColumn(u, plane, column, half), r1 = filterColumn(u + 4 * plane, plane, column, half);
      const r2 = filterColumn(u + 8 * plane, plane, column, half), r3 = filterColumn(u + 12 * plane, plane, column, half);
      const sum = f32x4.mul(plus(r1, r2), half);
      const out = g + <usize>column * tap;
      v128.store(out, plus(r0, sum));
      v128.store(out + 3 * tap, f32x4.mul(minus(r1, r2), half));
      v128.store(out + 6 * tap, plus(sum, r3));
    }
  }
}

/** One of the three results of G' on a row of four. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function filterColumn(u: usize, plane: usize, column: i32, half: v128): v128 {
  const u1 = v128.load(u + plane), u2 = v128.load(u + 2 * plane);
  if (column == 1) return f32x4.mul(minus(u1, u2), half);
  const sum = f32x4.mul(plus(u1, u2), half);
  return column == 0 ? plus(v128.load(u), sum) : plus(sum, v128.load(u + 3 * plane));
}
