// Sums, maxima and minima over the middle of [outer, middle, inner]; a leading or trailing axis is the case of an outer or
// inner extent of 1. Sums run in float64, in the order of the index.

import { float, int, pointer } from './arguments';
import { Extreme, Softmax, Sum } from './slots';
import { exp4, log1 } from './transcendental';

/**
 * y[o][i] = scale * sum over m of x[o][m][i]. Sixteen columns at a time, so that a row's cache line is read once.
 * Chunks: outer * ceil(inner / columns).
 */
export function sum(slots: usize, chunk: i32): void {
  const middle = int(slots, Sum.middle), inner = int(slots, Sum.inner), scale = <f64>float(slots, Sum.scale);
  const columns = int(slots, Sum.columns);
  const perOuter = (inner + columns - 1) / columns;
  const o = chunk / perOuter, from = (chunk - o * perOuter) * columns, to = min(inner, from + columns);
  const x = pointer(slots, Sum.x) + ((o * middle * inner) << 2);
  const y = pointer(slots, Sum.y) + ((o * inner) << 2);
  if (inner == 1) {
    store<f32>(y, <f32>(scale * sumRun(x, middle)));
    return;
  }
  const stride = <usize>inner << 2;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let at = x + (i << 2);
    for (let m = 0; m < middle; m++, at += stride) {
      const v = v128.load(at);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
    }
    const out = y + (i << 2);
    store<f32>(out, <f32>(scale * f64x2.extract_lane(low, 0)));
    store<f32>(out, <f32>(scale * f64x2.extract_lane(low, 1)), 4);
    store<f32>(out, <f32>(scale * f64x2.extract_lane(high, 0)), 8);
    store<f32>(out, <f32>(scale * f64x2.extract_lane(high, 1)), 12);
  }
  for (; i < to; i++) {
    let total: f64 = 0;
    let at = x + (i << 2);
    for (let m = 0; m < middle; m++, at += stride) total += <f64>load<f32>(at);
    store<f32>(y + (i << 2), <f32>(scale * total));
  }
}

/** Sum of a contiguous run, on four float64 lanes. */
export function sumRun(x: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  const end = x + ((count & ~3) << 2);
  for (; x < end; x += 16) {
    const v = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
  }
  const both = f64x2.add(low, high);
  let total = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let i = count & 3; i > 0; i--, x += 4) total += <f64>load<f32>(x);
  return total;
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function extreme(isMax: bool, slots: usize, chunk: i32): void {
  const middle = int(slots, Extreme.middle), inner = int(slots, Extreme.inner), stride = <usize>inner << 2;
  const x = pointer(slots, Extreme.x) + ((chunk * middle * inner) << 2);
  const y = pointer(slots, Extreme.y) + ((chunk * inner) << 2);
  for (let i = 0; i < inner; i++) {
    let at = x + (i << 2);
    let best = load<f32>(at);
    for (let m = 1; m < middle; m++) {
      at += stride;
      best = isMax ? max(best, load<f32>(at)) : min(best, load<f32>(at));
    }
    store<f32>(y + (i << 2), best);
  }
}

/** y[o][i] = largest over m of x[o][m][i], NaN if there is one. Chunks: outer. */
export function reduceMax(slots: usize, chunk: i32): void { extreme(true, slots, chunk); }
/** Smallest, likewise. */
export function reduceMin(slots: usize, chunk: i32): void { extreme(false, slots, chunk); }

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function argExtreme(isMax: bool, slots: usize, chunk: i32): void {
  const middle = int(slots, Extreme.middle), inner = int(slots, Extreme.inner);
  const x = pointer(slots, Extreme.x) + ((chunk * middle * inner) << 2);
  const y = pointer(slots, Extreme.y) + ((chunk * inner) << 2);
  for (let i = 0; i < inner; i++) {
    let best = load<f32>(x + (i << 2)), at = 0;
    for (let m = 1; m < middle; m++) {
      const value = load<f32>(x + ((m * inner + i) << 2));
      if (isMax ? value > best : value < best) { best = value; at = m; }
    }
    store<i32>(y + (i << 2), at);
  }
}

/** Index of the first largest, in int32. Chunks: outer. */
export function argMax(slots: usize, chunk: i32): void { argExtreme(true, slots, chunk); }
/** Index of the first smallest, likewise. */
export function argMin(slots: usize, chunk: i32): void { argExtreme(false, slots, chunk); }

/** Largest of a contiguous run. */
function maxRun(x: usize, count: i32): f32 {
  let best = load<f32>(x);
  for (let i = 1; i < count; i++) best = max(best, load<f32>(x + (i << 2)));
  return best;
}

/** Writes e^(x - shift) and returns the sum of what it wrote, in float64. */
function expRun(x: usize, y: usize, count: i32, shift: f32): f64 {
  const s = f32x4.splat(shift);
  const quads = count & ~3;
  let i = 0;
  for (; i < quads; i += 4) v128.store(y + (i << 2), exp4(f32x4.sub(v128.load(x + (i << 2)), s)));
  for (; i < count; i++) {
    store<f32>(y + (i << 2), f32x4.extract_lane(exp4(f32x4.splat(load<f32>(x + (i << 2)) - shift)), 0));
  }
  return sumRun(y, count);
}

/** Softmax of rows. One row a chunk. */
export function softmax(slots: usize, chunk: i32): void {
  const columns = int(slots, Softmax.columns);
  const x = pointer(slots, Softmax.x) + ((chunk * columns) << 2), y = pointer(slots, Softmax.y) + ((chunk * columns) << 2);
  const scale = <f32>(1 / expRun(x, y, columns, maxRun(x, columns)));
  for (let i = 0; i < columns; i++) store<f32>(y + (i << 2), load<f32>(y + (i << 2)) * scale);
}

/** Log of the softmax of rows. One row a chunk. */
export function logSoftmax(slots: usize, chunk: i32): void {
  const columns = int(slots, Softmax.columns);
  const x = pointer(slots, Softmax.x) + ((chunk * columns) << 2), y = pointer(slots, Softmax.y) + ((chunk * columns) << 2);
  const shift = maxRun(x, columns);
  const rest = log1(<f32>expRun(x, y, columns, shift));
  for (let i = 0; i < columns; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) - shift - rest);
}
