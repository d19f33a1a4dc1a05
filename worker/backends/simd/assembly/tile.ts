// The 5x8 register tile that all matrix products are made of: 10 accumulators, 2 loads of B, 1 splat of A and 1 product fit the
// 15 vector registers that engines give to WebAssembly on x86. Compiled with relaxed SIMD, `madd` is one fused instruction.
// Leaves out which rows and columns a tile covers: see gemm.ts.
//
// Branches on negative counts are never taken. Without them the engine of Node 20 and 22 moves all loads of a straight run of code
// to its beginning, which needs more registers than there are and halves the speed. Equal conditions would be merged, so each
// has a number of its own; and a step ends with a branch in any case, so that no rest of the count needs a second loop.

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function madd(sum: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** What rounding takes from the square of x: 0 where products are not fused with their sums. */
export function roundingOfSquare(x: f32): f32 {
  const v = f32x4.splat(x);
  return f32x4.extract_lane(madd(f32x4.splat(-(x * x)), v, v), 0);
}

/**
 * c[r][0..7] = (c or bias or 0) + sum over segments and k of a[r][k] * b[k][0..7].
 * A row consists of `segments` runs of `length` floats (at least one), `segmentStride` bytes apart.
 * One function, although it is long: its sums must stay in registers, which a call would empty.
 */
export function rowsTile(
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
  // The last one to four steps of a segment do not advance the pointers.
  const advanced = (length - 1) & ~3;
  const skip = segmentStride - (<usize>advanced << 2), skipB = <usize>(length - advanced) << 5;
  let b0: v128, b1: v128, x: v128;
  while (segments--) {
    let k = length;
    while (true) {
      b0 = v128.load(b); b1 = v128.load(b, 16);
      x = v128.load32_splat(a0); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      if (k == -1) break;
      x = v128.load32_splat(a2); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      if (k == -2) break;
      x = v128.load32_splat(a4); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      if (k == 1) break;
      b0 = v128.load(b, 32); b1 = v128.load(b, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      if (k == -3) break;
      x = v128.load32_splat(a2, 4); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 4); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      if (k == -4) break;
      x = v128.load32_splat(a4, 4); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      if (k == 2) break;
      b0 = v128.load(b, 64); b1 = v128.load(b, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 8); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      if (k == -5) break;
      x = v128.load32_splat(a2, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 8); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      if (k == -6) break;
      x = v128.load32_splat(a4, 8); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      if (k == 3) break;
      b0 = v128.load(b, 96); b1 = v128.load(b, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
      x = v128.load32_splat(a1, 12); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
      if (k == -7) break;
      x = v128.load32_splat(a2, 12); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
      x = v128.load32_splat(a3, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
      if (k == -8) break;
      x = v128.load32_splat(a4, 12); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
      if (k == 4) break;
      k -= 4;
      a0 += 16; a1 += 16; a2 += 16; a3 += 16; a4 += 16; b += 128;
    }
    a0 += skip; a1 += skip; a2 += skip; a3 += skip; a4 += skip; b += skipB;
  }
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}

/** The transposed product: c[i][0..7] (+)= sum over `k` rows r of a[rows[r]][i] * b[r][0..7]. */
export function columnsTile(a: usize, rows: usize, k: i32, b: usize, c: usize, cStride: usize, accumulate: bool): void {
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
  let p: usize, b0: v128, b1: v128, x: v128;
  while (true) {
    p = a + load<u32>(rows); b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    if (k == -1) break;
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    if (k == -2) break;
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    if (k == 1) break;
    p = a + load<u32>(rows, 4); b0 = v128.load(b, 32); b1 = v128.load(b, 48);
    x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    if (k == -3) break;
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    if (k == -4) break;
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    if (k == 2) break;
    p = a + load<u32>(rows, 8); b0 = v128.load(b, 64); b1 = v128.load(b, 80);
    x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    if (k == -5) break;
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    if (k == -6) break;
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    if (k == 3) break;
    p = a + load<u32>(rows, 12); b0 = v128.load(b, 96); b1 = v128.load(b, 112);
    x = v128.load32_splat(p); s00 = madd(s00, x, b0); s01 = madd(s01, x, b1);
    x = v128.load32_splat(p, 4); s10 = madd(s10, x, b0); s11 = madd(s11, x, b1);
    if (k == -7) break;
    x = v128.load32_splat(p, 8); s20 = madd(s20, x, b0); s21 = madd(s21, x, b1);
    x = v128.load32_splat(p, 12); s30 = madd(s30, x, b0); s31 = madd(s31, x, b1);
    if (k == -8) break;
    x = v128.load32_splat(p, 16); s40 = madd(s40, x, b0); s41 = madd(s41, x, b1);
    if (k == 4) break;
    k -= 4; rows += 16; b += 128;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}
