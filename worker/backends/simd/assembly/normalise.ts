// Normalisation of groups of channels, forward and backward, over x[N][P][C] (P places): group norm, batch norm (N = 1, a group
// a channel) and the standardisation of weights are all this. Three steps each way: sums per channel over blocks of places,
// numbers per group, one pass over the tensor. Sums are float64 and blocks have a fixed size, so that no result depends on
// who computed which block.

import { float, int, pointer } from './arguments';
import { ApplyBackward, ApplyForward, ChannelSums, GroupBackward, GroupForward, SumParts } from './slots';

/**
 * Per channel: sum of x and of x * z over one block of places; z is x itself, or the output's gradient.
 * With `output` given, the gradient counts only where the output is positive: a ReLU came after.
 * z is 0 for x itself, and the first sum is of x; else the first sum is of z. The output may be 0. The sums are
 * [N][blocks][2][C] float64. Chunks: N * blocks, of perBlock places each.
 */
export function channelSums(slots: usize, chunk: i32): void {
  const P = int(slots, ChannelSums.P), C = int(slots, ChannelSums.C), perBlock = int(slots, ChannelSums.perBlock);
  const blocks = int(slots, ChannelSums.blocks);
  const n = chunk / blocks, from = (chunk - n * blocks) * perBlock, count = min(perBlock, P - from);
  const start = <usize>((n * P + from) * C) << 2;
  const x = pointer(slots, ChannelSums.x) + start;
  const z = pointer(slots, ChannelSums.z) ? pointer(slots, ChannelSums.z) + start : x;
  const output = pointer(slots, ChannelSums.output) ? pointer(slots, ChannelSums.output) + start : 0;
  const sums = pointer(slots, ChannelSums.sums) + ((chunk * 2 * C) << 3);
  const squares = sums + (C << 3);
  const stride = <usize>C << 2;
  const zero = f32x4.splat(0);
  let c = 0;
  for (; c + 4 <= C; c += 4) {
    let s0 = f64x2.splat(0), s1 = s0, q0 = s0, q1 = s0;
    let at = <usize>c << 2;
    for (let p = 0; p < count; p++, at += stride) {
      let v = v128.load(z + at);
      if (output) v = v128.and(v, f32x4.gt(v128.load(output + at), zero));
      const w = v128.load(x + at);
      const low = f64x2.promote_low_f32x4(v);
      const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
      s0 = f64x2.add(s0, low);
      s1 = f64x2.add(s1, high);
      q0 = f64x2.add(q0, f64x2.mul(low, f64x2.promote_low_f32x4(w)));
      q1 = f64x2.add(q1, f64x2.mul(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(w, w, 2, 3, 2, 3))));
    }
    v128.store(sums + (c << 3), s0);
    v128.store(sums + (c << 3), s1, 16);
    v128.store(squares + (c << 3), q0);
    v128.store(squares + (c << 3), q1, 16);
  }
  for (; c < C; c++) {
    let s: f64 = 0, q: f64 = 0;
    let at = <usize>c << 2;
    for (let p = 0; p < count; p++, at += stride) {
      const v: f64 = output && !(load<f32>(output + at) > 0) ? 0 : <f64>load<f32>(z + at);
      s += v;
      q += v * <f64>load<f32>(x + at);
    }
    store<f64>(sums + (c << 3), s);
    store<f64>(squares + (c << 3), q);
  }
}

/** Adds the blocks of one image into its first block, in order. */
function addBlocks(sums: usize, blocks: i32, length: i32): void {
  for (let b = 1; b < blocks; b++) {
    const other = sums + ((b * length) << 3);
    for (let i = 0; i < length; i += 2) {
      v128.store(sums + (i << 3), f64x2.add(v128.load(sums + (i << 3)), v128.load(other + (i << 3))));
    }
  }
}

/**
 * Per group its mean and second moment, per channel the factor and the term of y = factor * x + term.
 * With isEnergy it divides by the root of the sum of squares, not of their mean. Scale and shift may be 0. The moments are
 * [N][2][G] float64 (mean, inverse root), the coefficients [N][2][C]. Chunks: N.
 */
export function groupForward(slots: usize, chunk: i32): void {
  const blocks = int(slots, GroupForward.blocks), P = int(slots, GroupForward.P), C = int(slots, GroupForward.C);
  const G = int(slots, GroupForward.G);
  const scale = pointer(slots, GroupForward.scale), shift = pointer(slots, GroupForward.shift);
  const epsilon = <f64>float(slots, GroupForward.epsilon), isEnergy = int(slots, GroupForward.isEnergy) != 0;
  const sums = pointer(slots, GroupForward.sums) + ((chunk * blocks * 2 * C) << 3);
  const moments = pointer(slots, GroupForward.moments) + ((chunk * 2 * G) << 3);
  const factors = pointer(slots, GroupForward.coefficients) + ((chunk * 2 * C) << 2), terms = factors + (C << 2);
  addBlocks(sums, blocks, 2 * C);
  const K = C / G;
  const count = <f64>(P * K);
  for (let g = 0; g < G; g++) {
    let s: f64 = 0, q: f64 = 0;
    for (let c = g * K; c < (g + 1) * K; c++) {
      s += load<f64>(sums + (c << 3));
      q += load<f64>(sums + ((C + c) << 3));
    }
    const mean = s / count;
    const energy = max<f64>(0, q - s * mean);
    const inverse = 1 / Math.sqrt((isEnergy ? energy : energy / count) + epsilon);
    store<f64>(moments + (g << 3), mean);
    store<f64>(moments + ((G + g) << 3), inverse);
    for (let c = g * K; c < (g + 1) * K; c++) {
      const factor = inverse * (scale ? <f64>load<f32>(scale + (c << 2)) : 1);
      store<f32>(factors + (c << 2), <f32>factor);
      store<f32>(terms + (c << 2), <f32>((shift ? <f64>load<f32>(shift + (c << 2)) : 0) - mean * factor));
    }
  }
}

/**
 * dx = a * dy + b * x + c, per channel; and what this image adds to the gradients of scale and shift.
 * The sums are those of dy and of dy * x, the coefficients [N][3][C], the parts [N][2][C] float64 (gradients of scale, of shift).
 * Chunks: N.
 */
export function groupBackward(slots: usize, chunk: i32): void {
  const blocks = int(slots, GroupBackward.blocks), P = int(slots, GroupBackward.P), C = int(slots, GroupBackward.C);
  const G = int(slots, GroupBackward.G);
  const scale = pointer(slots, GroupBackward.scale), isEnergy = int(slots, GroupBackward.isEnergy) != 0;
  const sums = pointer(slots, GroupBackward.sums) + ((chunk * blocks * 2 * C) << 3);
  const moments = pointer(slots, GroupBackward.moments) + ((chunk * 2 * G) << 3);
  const a = pointer(slots, GroupBackward.coefficients) + ((chunk * 3 * C) << 2), b = a + (C << 2), d = b + (C << 2);
  const parts = pointer(slots, GroupBackward.parts) + ((chunk * 2 * C) << 3);
  addBlocks(sums, blocks, 2 * C);
  const K = C / G;
  const count = <f64>(P * K);
  for (let g = 0; g < G; g++) {
    const mean = load<f64>(moments + (g << 3)), inverse = load<f64>(moments + ((G + g) << 3));
    let total: f64 = 0, along: f64 = 0;
    for (let c = g * K; c < (g + 1) * K; c++) {
      const factor: f64 = scale ? <f64>load<f32>(scale + (c << 2)) : 1;
      const sumDy = load<f64>(sums + (c << 3));
      const centred = load<f64>(sums + ((C + c) << 3)) - mean * sumDy;
      total += factor * sumDy;
      along += factor * centred;
      store<f64>(parts + (c << 3), centred * inverse);
      store<f64>(parts + ((C + c) << 3), sumDy);
    }
    const slope = -inverse * inverse * inverse * (isEnergy ? along : along / count);
    const constant = -inverse * total / count - slope * mean;
    for (let c = g * K; c < (g + 1) * K; c++) {
      const factor: f64 = scale ? <f64>load<f32>(scale + (c << 2)) : 1;
      store<f32>(a + (c << 2), <f32>(inverse * factor));
      store<f32>(b + (c << 2), <f32>slope);
      store<f32>(d + (c << 2), <f32>constant);
    }
  }
}

/** Sums the images' parts in order. One chunk. */
export function sumParts(slots: usize, _: i32): void {
  const parts = pointer(slots, SumParts.parts), N = int(slots, SumParts.N), C = int(slots, SumParts.C);
  const dScale = pointer(slots, SumParts.dScale), dShift = pointer(slots, SumParts.dShift);
  for (let c = 0; c < C; c++) {
    let scale: f64 = 0, shift: f64 = 0;
    for (let n = 0; n < N; n++) {
      scale += load<f64>(parts + ((n * 2 * C + c) << 3));
      shift += load<f64>(parts + ((n * 2 * C + C + c) << 3));
    }
    store<f32>(dScale + (c << 2), <f32>scale);
    store<f32>(dShift + (c << 2), <f32>shift);
  }
}

/** y = factor * x + term, cut at 0 if `relu`. Chunks: N * blocks. */
export function applyForward(slots: usize, chunk: i32): void {
  const P = int(slots, ApplyForward.P), C = int(slots, ApplyForward.C), perBlock = int(slots, ApplyForward.perBlock);
  const blocks = int(slots, ApplyForward.blocks);
  const relu = int(slots, ApplyForward.relu) != 0;
  const n = chunk / blocks, from = (chunk - n * blocks) * perBlock, count = min(perBlock, P - from);
  const start = <usize>((n * P + from) * C) << 2;
  let x = pointer(slots, ApplyForward.x) + start, y = pointer(slots, ApplyForward.y) + start;
  const factors = pointer(slots, ApplyForward.coefficients) + ((n * 2 * C) << 2), terms = factors + (C << 2);
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  for (let p = 0; p < count; p++) {
    let c = 0;
    for (; c + 4 <= C; c += 4, x += 16, y += 16) {
      const v = f32x4.add(f32x4.mul(v128.load(x), v128.load(factors + (c << 2))), v128.load(terms + (c << 2)));
      v128.store(y, f32x4.pmax(v, floor));
    }
    for (; c < C; c++, x += 4, y += 4) {
      const v = load<f32>(x) * load<f32>(factors + (c << 2)) + load<f32>(terms + (c << 2));
      store<f32>(y, relu && v < 0 ? 0 : v);
    }
  }
}

/** dx = a * dy + b * x + c. The output may be 0. Chunks: N * blocks. */
export function applyBackward(slots: usize, chunk: i32): void {
  const P = int(slots, ApplyBackward.P), C = int(slots, ApplyBackward.C), perBlock = int(slots, ApplyBackward.perBlock);
  const blocks = int(slots, ApplyBackward.blocks);
  const n = chunk / blocks, from = (chunk - n * blocks) * perBlock, count = min(perBlock, P - from);
  const start = <usize>((n * P + from) * C) << 2;
  let x = pointer(slots, ApplyBackward.x) + start, dy = pointer(slots, ApplyBackward.dy) + start, dx = pointer(slots, ApplyBackward.dx) + start;
  let output = pointer(slots, ApplyBackward.output) ? pointer(slots, ApplyBackward.output) + start : 0;
  const a = pointer(slots, ApplyBackward.coefficients) + ((n * 3 * C) << 2), b = a + (C << 2), d = b + (C << 2);
  const zero = f32x4.splat(0);
  for (let p = 0; p < count; p++) {
    let c = 0;
    for (; c + 4 <= C; c += 4, x += 16, dy += 16, dx += 16) {
      let g = v128.load(dy);
      if (output) {
        g = v128.and(g, f32x4.gt(v128.load(output), zero));
        output += 16;
      }
      const v = f32x4.add(f32x4.mul(g, v128.load(a + (c << 2))), f32x4.mul(v128.load(x), v128.load(b + (c << 2))));
      v128.store(dx, f32x4.add(v, v128.load(d + (c << 2))));
    }
    for (; c < C; c++, x += 4, dy += 4, dx += 4) {
      let g = load<f32>(dy);
      if (output) {
        if (!(load<f32>(output) > 0)) g = 0;
        output += 4;
      }
      store<f32>(dx, g * load<f32>(a + (c << 2)) + load<f32>(x) * load<f32>(b + (c << 2)) + load<f32>(d + (c << 2)));
    }
  }
}
