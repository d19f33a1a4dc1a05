// Pooling over NHWC images and its gradients. One image a chunk, so a gradient's overlapping windows never meet another's.

import { int, pointer } from './arguments';
import { Pool } from './slots';

/** y (to) = largest of the window of x (from). */
export function maxPool(slots: usize, chunk: i32): void {
  const H = int(slots, Pool.H), W = int(slots, Pool.W), C = int(slots, Pool.C), OH = int(slots, Pool.OH), OW = int(slots, Pool.OW);
  const KH = int(slots, Pool.KH), KW = int(slots, Pool.KW), SH = int(slots, Pool.SH), SW = int(slots, Pool.SW);
  const DH = int(slots, Pool.DH), DW = int(slots, Pool.DW), top = int(slots, Pool.top), left = int(slots, Pool.left);
  const x = pointer(slots, Pool.from) + ((chunk * H * W * C) << 2);
  let y = pointer(slots, Pool.to) + ((chunk * OH * OW * C) << 2);
  for (let oh = 0; oh < OH; oh++) {
    for (let ow = 0; ow < OW; ow++, y += C << 2) {
      let first = true;
      for (let kh = 0; kh < KH; kh++) {
        const h = oh * SH - top + kh * DH;
        if (<u32>h >= <u32>H) continue;
        for (let kw = 0; kw < KW; kw++) {
          const w = ow * SW - left + kw * DW;
          if (<u32>w >= <u32>W) continue;
          const at = x + (((h * W + w) * C) << 2);
          let c = 0;
          if (first) {
            memory.copy(y, at, C << 2);
            first = false;
            continue;
          }
          for (; c + 4 <= C; c += 4) v128.store(y + (c << 2), f32x4.max(v128.load(y + (c << 2)), v128.load(at + (c << 2))));
          for (; c < C; c++) store<f32>(y + (c << 2), max(load<f32>(y + (c << 2)), load<f32>(at + (c << 2))));
        }
      }
    }
  }
}

/** dx (to) of dy (from): each window's gradient goes to the first element of x that equals its maximum, y. */
export function maxPoolGrad(slots: usize, chunk: i32): void {
  const H = int(slots, Pool.H), W = int(slots, Pool.W), C = int(slots, Pool.C), OH = int(slots, Pool.OH), OW = int(slots, Pool.OW);
  const KH = int(slots, Pool.KH), KW = int(slots, Pool.KW), SH = int(slots, Pool.SH), SW = int(slots, Pool.SW);
  const DH = int(slots, Pool.DH), DW = int(slots, Pool.DW), top = int(slots, Pool.top), left = int(slots, Pool.left);
  const image = <usize>(chunk * H * W * C) << 2, pooled = <usize>(chunk * OH * OW * C) << 2;
  const dx = pointer(slots, Pool.to) + image, x = pointer(slots, Pool.x) + image;
  let dy = pointer(slots, Pool.from) + pooled, y = pointer(slots, Pool.y) + pooled;
  memory.fill(dx, 0, (H * W * C) << 2);
  const zero = f32x4.splat(0), all = i32x4.splat(-1);
  for (let oh = 0; oh < OH; oh++) {
    for (let ow = 0; ow < OW; ow++, y += C << 2, dy += C << 2) {
      let c = 0;
      for (; c + 4 <= C; c += 4) {
        const best = v128.load(y + (c << 2)), gradient = v128.load(dy + (c << 2));
        let open = all;
        for (let kh = 0; kh < KH; kh++) {
          const h = oh * SH - top + kh * DH;
          if (<u32>h >= <u32>H) continue;
          for (let kw = 0; kw < KW; kw++) {
            const w = ow * SW - left + kw * DW;
            if (<u32>w >= <u32>W) continue;
            const at = <usize>((h * W + w) * C + c) << 2;
            const here = v128.and(open, f32x4.eq(v128.load(x + at), best));
            open = v128.andnot(open, here);
            v128.store(dx + at, f32x4.add(v128.load(dx + at), v128.bitselect(gradient, zero, here)));
          }
        }
      }
      for (; c < C; c++) {
        const best = load<f32>(y + (c << 2));
        let open = true;
        for (let kh = 0; kh < KH && open; kh++) {
          const h = oh * SH - top + kh * DH;
          if (<u32>h >= <u32>H) continue;
          for (let kw = 0; kw < KW && open; kw++) {
            const w = ow * SW - left + kw * DW;
            if (<u32>w >= <u32>W) continue;
            const at = <usize>((h * W + w) * C + c) << 2;
            if (load<f32>(x + at) != best) continue;
            open = false;
            store<f32>(dx + at, load<f32>(dx + at) + load<f32>(dy + (c << 2)));
          }
        }
      }
    }
  }
}

/** Pixels of the window that lie inside the image, along one dimension. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function inside(start: i32, size: i32, dilation: i32, limit: i32): i32 {
  let count = 0;
  for (let k = 0; k < size; k++) count += i32(<u32>(start + k * dilation) < <u32>limit);
  return count;
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function averageLoop(isGradient: bool, slots: usize, chunk: i32): void {
  const H = int(slots, Pool.H), W = int(slots, Pool.W), C = int(slots, Pool.C), OH = int(slots, Pool.OH), OW = int(slots, Pool.OW);
  const KH = int(slots, Pool.KH), KW = int(slots, Pool.KW), SH = int(slots, Pool.SH), SW = int(slots, Pool.SW);
  const DH = int(slots, Pool.DH), DW = int(slots, Pool.DW), top = int(slots, Pool.top), left = int(slots, Pool.left);
  const x = pointer(slots, isGradient ? 1 : 0) + ((chunk * H * W * C) << 2);
  let y = pointer(slots, isGradient ? 0 : 1) + ((chunk * OH * OW * C) << 2);
  if (isGradient) memory.fill(x, 0, (H * W * C) << 2);
  else memory.fill(y, 0, (OH * OW * C) << 2);
  for (let oh = 0; oh < OH; oh++) {
    const rows = inside(oh * SH - top, KH, DH, H);
    for (let ow = 0; ow < OW; ow++, y += C << 2) {
      const count = rows * inside(ow * SW - left, KW, DW, W);
      const scale: f32 = 1 / <f32>max(1, count), scale4 = f32x4.splat(scale);
      for (let kh = 0; kh < KH; kh++) {
        const h = oh * SH - top + kh * DH;
        if (<u32>h >= <u32>H) continue;
        for (let kw = 0; kw < KW; kw++) {
          const w = ow * SW - left + kw * DW;
          if (<u32>w >= <u32>W) continue;
          const at = x + (((h * W + w) * C) << 2);
          const from = isGradient ? y : at, to = isGradient ? at : y;
          let c = 0;
          for (; c + 4 <= C; c += 4) {
            v128.store(to + (c << 2), f32x4.add(v128.load(to + (c << 2)), f32x4.mul(v128.load(from + (c << 2)), scale4)));
          }
          for (; c < C; c++) store<f32>(to + (c << 2), load<f32>(to + (c << 2)) + load<f32>(from + (c << 2)) * scale);
        }
      }
    }
  }
}

/** y (to) = mean of the window's pixels of x (from) that lie inside. */
export function avgPool(slots: usize, chunk: i32): void { averageLoop(false, slots, chunk); }
/** dx (to) of dy (from), of the same. */
export function avgPoolGrad(slots: usize, chunk: i32): void { averageLoop(true, slots, chunk); }
