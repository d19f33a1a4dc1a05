// Depthwise convolution over NHWC images and its gradients: each input channel has M filters of its own. Channels go in fours
// where M is 1, one by one elsewhere. Every chunk writes numbers that no other chunk does.
// Letters: x[N][H][W][C], filter[KH][KW][C][M], y[N][OH][OW][C * M].

import { int, pointer } from './arguments';
import { Depthwise } from './slots';

/** y (to) of x (from) by the filter: one row of one image a chunk. */
export function depthwise(slots: usize, chunk: i32): void {
  const H = int(slots, Depthwise.H), W = int(slots, Depthwise.W), C = int(slots, Depthwise.C), M = int(slots, Depthwise.M);
  const OH = int(slots, Depthwise.OH), OW = int(slots, Depthwise.OW);
  const KH = int(slots, Depthwise.KH), KW = int(slots, Depthwise.KW), SH = int(slots, Depthwise.SH), SW = int(slots, Depthwise.SW);
  const DH = int(slots, Depthwise.DH), DW = int(slots, Depthwise.DW), top = int(slots, Depthwise.top), left = int(slots, Depthwise.left);
  const n = chunk / OH, oh = chunk - n * OH;
  const x = pointer(slots, Depthwise.from) + ((n * H * W * C) << 2), filter = pointer(slots, Depthwise.by);
  let y = pointer(slots, Depthwise.to) + ((chunk * OW * C * M) << 2);
  for (let ow = 0; ow < OW; ow++) {
    let c = 0;
    if (M == 1) {
      for (; c + 4 <= C; c += 4, y += 16) {
        let sum = f32x4.splat(0);
        for (let kh = 0; kh < KH; kh++) {
          const h = oh * SH - top + kh * DH;
          if (<u32>h >= <u32>H) continue;
          for (let kw = 0; kw < KW; kw++) {
            const w = ow * SW - left + kw * DW;
            if (<u32>w >= <u32>W) continue;
            const weight = v128.load(filter + (((kh * KW + kw) * C + c) << 2));
            sum = f32x4.add(sum, f32x4.mul(v128.load(x + (((h * W + w) * C + c) << 2)), weight));
          }
        }
        v128.store(y, sum);
      }
    }
    for (; c < C; c++) {
      for (let m = 0; m < M; m++, y += 4) {
        let sum: f32 = 0;
        for (let kh = 0; kh < KH; kh++) {
          const h = oh * SH - top + kh * DH;
          if (<u32>h >= <u32>H) continue;
          for (let kw = 0; kw < KW; kw++) {
            const w = ow * SW - left + kw * DW;
            if (<u32>w >= <u32>W) continue;
            sum += load<f32>(x + (((h * W + w) * C + c) << 2)) * load<f32>(filter + ((((kh * KW + kw) * C + c) * M + m) << 2));
          }
        }
        store<f32>(y, sum);
      }
    }
  }
}

/** The output's place whose tap k reads the input's place i, or -1. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function placeOf(i: i32, before: i32, tap: i32, stride: i32, count: i32): i32 {
  const at = i + before - tap, place = at / stride;
  return at >= 0 && place * stride == at && place < count ? place : -1;
}

/** dx (to) of dy (from) by the filter: one row of one image a chunk. */
export function depthwiseInputGradient(slots: usize, chunk: i32): void {
  const H = int(slots, Depthwise.H), W = int(slots, Depthwise.W), C = int(slots, Depthwise.C), M = int(slots, Depthwise.M);
  const OH = int(slots, Depthwise.OH), OW = int(slots, Depthwise.OW);
  const KH = int(slots, Depthwise.KH), KW = int(slots, Depthwise.KW), SH = int(slots, Depthwise.SH), SW = int(slots, Depthwise.SW);
  const DH = int(slots, Depthwise.DH), DW = int(slots, Depthwise.DW), top = int(slots, Depthwise.top), left = int(slots, Depthwise.left);
  const n = chunk / H, h = chunk - n * H;
  const dy = pointer(slots, Depthwise.from) + ((n * OH * OW * C * M) << 2), filter = pointer(slots, Depthwise.by);
  let dx = pointer(slots, Depthwise.to) + ((chunk * W * C) << 2);
  for (let w = 0; w < W; w++) {
    let c = 0;
    if (M == 1) {
      for (; c + 4 <= C; c += 4, dx += 16) {
        let sum = f32x4.splat(0);
        for (let kh = 0; kh < KH; kh++) {
          const oh = placeOf(h, top, kh * DH, SH, OH);
          if (oh < 0) continue;
          for (let kw = 0; kw < KW; kw++) {
            const ow = placeOf(w, left, kw * DW, SW, OW);
            if (ow < 0) continue;
            const weight = v128.load(filter + (((kh * KW + kw) * C + c) << 2));
            sum = f32x4.add(sum, f32x4.mul(v128.load(dy + (((oh * OW + ow) * C + c) << 2)), weight));
          }
        }
        v128.store(dx, sum);
      }
    }
    for (; c < C; c++, dx += 4) {
      let sum: f32 = 0;
      for (let kh = 0; kh < KH; kh++) {
        const oh = placeOf(h, top, kh * DH, SH, OH);
        if (oh < 0) continue;
        for (let kw = 0; kw < KW; kw++) {
          const ow = placeOf(w, left, kw * DW, SW, OW);
          if (ow < 0) continue;
          const slope = dy + (((oh * OW + ow) * C + c) * M << 2), weight = filter + (((kh * KW + kw) * C + c) * M << 2);
          for (let m = 0; m < M; m++) sum += load<f32>(slope + (m << 2)) * load<f32>(weight + (m << 2));
        }
      }
      store<f32>(dx, sum);
    }
  }
}

/** dFilter (to) of x (from) by dy: one tap of one input channel a chunk; of four channels where M is 1. Sums in float64. */
export function depthwiseFilterGradient(slots: usize, chunk: i32): void {
  const H = int(slots, Depthwise.H), W = int(slots, Depthwise.W), C = int(slots, Depthwise.C), M = int(slots, Depthwise.M);
  const OH = int(slots, Depthwise.OH), OW = int(slots, Depthwise.OW);
  const KW = int(slots, Depthwise.KW), SH = int(slots, Depthwise.SH), SW = int(slots, Depthwise.SW);
  const DH = int(slots, Depthwise.DH), DW = int(slots, Depthwise.DW), top = int(slots, Depthwise.top);
  const left = int(slots, Depthwise.left), N = int(slots, Depthwise.N);
  const lanes = M == 1 ? 4 : 1, groups = (C + lanes - 1) / lanes;
  const tap = chunk / groups, c = (chunk - tap * groups) * lanes, kh = tap / KW, kw = tap - kh * KW;
  const valid = min(lanes, C - c);
  for (let m = 0; m < M; m++) {
    let low = f64x2.splat(0), high = low;
    for (let n = 0; n < N; n++) {
      for (let oh = 0; oh < OH; oh++) {
        const h = oh * SH - top + kh * DH;
        if (<u32>h >= <u32>H) continue;
        for (let ow = 0; ow < OW; ow++) {
          const w = ow * SW - left + kw * DW;
          if (<u32>w >= <u32>W) continue;
          // Lanes that are not valid read the slack behind an allocation or other channels, and are not stored.
          const v = v128.load(pointer(slots, Depthwise.from) + ((((n * H + h) * W + w) * C + c) << 2));
          const d = v128.load(pointer(slots, Depthwise.by) + (((((n * OH + oh) * OW + ow) * C + c) * M + m) << 2));
          low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(d)));
          const v2 = v128.shuffle<f32>(v, v, 2, 3, 2, 3), d2 = v128.shuffle<f32>(d, d, 2, 3, 2, 3);
          high = f64x2.add(high, f64x2.mul(f64x2.promote_low_f32x4(v2), f64x2.promote_low_f32x4(d2)));
        }
      }
    }
    const to = pointer(slots, Depthwise.to) + (((tap * C + c) * M + m) << 2);
    store<f32>(to, <f32>f64x2.extract_lane(low, 0));
    if (valid > 1) store<f32>(to, <f32>f64x2.extract_lane(low, 1), 4);
    if (valid > 2) store<f32>(to, <f32>f64x2.extract_lane(high, 0), 8);
    if (valid > 3) store<f32>(to, <f32>f64x2.extract_lane(high, 1), 12);
  }
}
