// Element by element: unary functions over a run, binary ones with broadcasting over four dimensions.
// A chunk of a unary kernel is CHUNK elements; a chunk of a binary one is one index of its outermost dimension.

import { float, int, pointer } from './arguments';
import { Binary, CHUNK, Select, Unary } from './slots';
import { exp4, log1 } from './transcendental';

const RELU = 0, NEG = 1, SQUARE = 2, SQRT = 3, RSQRT = 4, EXP = 5, ABS = 6, STEP = 7, RECIPROCAL = 8, SIGMOID = 9, LOG = 10;
const CLIP = 11, TANH = 12;

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function unary4(op: i32, x: v128, p: v128, q: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  // pmax(a, b) is a < b ? b : a: one instruction, and it keeps a NaN that stands first.
  if (op == RELU) return f32x4.pmax(x, zero);
  if (op == NEG) return f32x4.neg(x);
  if (op == SQUARE) return f32x4.mul(x, x);
  if (op == SQRT) return f32x4.sqrt(x);
  if (op == RSQRT) return f32x4.div(one, f32x4.sqrt(x));
  if (op == EXP) return exp4(x);
  if (op == ABS) return f32x4.abs(x);
  // A NaN stays one, as in the reference kernels.
  if (op == STEP) return v128.bitselect(v128.bitselect(one, p, f32x4.gt(x, zero)), x, f32x4.eq(x, x));
  if (op == RECIPROCAL) return f32x4.div(one, x);
  if (op == SIGMOID) return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
  if (op == CLIP) return f32x4.pmin(f32x4.pmax(x, p), q);
  if (op == TANH) {
    const e = exp4(f32x4.mul(f32x4.splat(-2), f32x4.abs(x)));
    const t = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
    // Below 2^-6 the quotient cancels: x - x^3/3 + 2x^5/15 is exact to the last bit there.
    const y = f32x4.mul(x, x);
    const small = f32x4.add(x, f32x4.mul(f32x4.mul(x, y),
      f32x4.add(f32x4.splat(-0.33333334), f32x4.mul(y, f32x4.splat(0.13333334)))));
    const large = v128.or(t, v128.and(x, i32x4.splat(0x80000000)));
    return v128.bitselect(small, large, f32x4.lt(f32x4.abs(x), f32x4.splat(0.03)));
  }
  return x;
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function unaryLoop(op: i32, slots: usize, chunk: i32): void {
  const from = chunk * CHUNK, count = min(CHUNK, int(slots, Unary.count) - from);
  const p = f32x4.splat(float(slots, Unary.p)), q = f32x4.splat(float(slots, Unary.q));
  let x = pointer(slots, Unary.x) + (from << 2), y = pointer(slots, Unary.y) + (from << 2);
  const end = y + ((count & ~3) << 2);
  for (; y < end; x += 16, y += 16) v128.store(y, unary4(op, v128.load(x), p, q));
  // Every allocation has 16 bytes of slack, so the last load may reach beyond; the store may not: chunks run side by side.
  for (let i = 0, last = unary4(op, v128.load(x), p, q); i < (count & 3); i++) {
    store<f32>(y + (i << 2), f32x4.extract_lane(last, 0));
    last = v128.shuffle<f32>(last, last, 1, 2, 3, 0);
  }
}

// x to y; those that use p and q say what they are.
export function relu(slots: usize, chunk: i32): void { unaryLoop(RELU, slots, chunk); }
export function neg(slots: usize, chunk: i32): void { unaryLoop(NEG, slots, chunk); }
export function square(slots: usize, chunk: i32): void { unaryLoop(SQUARE, slots, chunk); }
export function sqrt(slots: usize, chunk: i32): void { unaryLoop(SQRT, slots, chunk); }
export function rsqrt(slots: usize, chunk: i32): void { unaryLoop(RSQRT, slots, chunk); }
export function exp(slots: usize, chunk: i32): void { unaryLoop(EXP, slots, chunk); }
export function abs(slots: usize, chunk: i32): void { unaryLoop(ABS, slots, chunk); }
/** 1 where x > 0, else p. */
export function step(slots: usize, chunk: i32): void { unaryLoop(STEP, slots, chunk); }
export function reciprocal(slots: usize, chunk: i32): void { unaryLoop(RECIPROCAL, slots, chunk); }
export function sigmoid(slots: usize, chunk: i32): void { unaryLoop(SIGMOID, slots, chunk); }
export function tanh(slots: usize, chunk: i32): void { unaryLoop(TANH, slots, chunk); }
/** Into p..q. */
export function clip(slots: usize, chunk: i32): void { unaryLoop(CLIP, slots, chunk); }

export function log(slots: usize, chunk: i32): void {
  const from = chunk * CHUNK, to = min(int(slots, Unary.count), from + CHUNK);
  const x = pointer(slots, Unary.x), y = pointer(slots, Unary.y);
  for (let i = from; i < to; i++) store<f32>(y + (i << 2), log1(load<f32>(x + (i << 2))));
}

const ADD = 0, SUB = 1, MUL = 2, DIV = 3, MAX = 4, MIN = 5, SQUARED_DIFFERENCE = 6;

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function binary4(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUB) return f32x4.sub(a, b);
  if (op == MUL) return f32x4.mul(a, b);
  if (op == DIV) return f32x4.div(a, b);
  if (op == MAX) return f32x4.max(a, b);
  if (op == MIN) return f32x4.min(a, b);
  const d = f32x4.sub(a, b);
  return f32x4.mul(d, d);
}

/** `count` results; a step of 0 repeats one element, a step of 1 walks. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function binaryRun(op: i32, a: usize, aStep: i32, b: usize, bStep: i32, out: usize, count: i32): void {
  const end = out + ((count & ~3) << 2);
  if (aStep & bStep) {
    for (; out < end; a += 16, b += 16, out += 16) v128.store(out, binary4(op, v128.load(a), v128.load(b)));
  } else if (aStep) {
    const right = v128.load32_splat(b);
    for (; out < end; a += 16, out += 16) v128.store(out, binary4(op, v128.load(a), right));
  } else {
    const left = v128.load32_splat(a);
    if (bStep) for (; out < end; b += 16, out += 16) v128.store(out, binary4(op, left, v128.load(b)));
    else for (const both = binary4(op, left, v128.load32_splat(b)); out < end; out += 16) v128.store(out, both);
  }
  for (let i = count & 3; i > 0; i--, out += 4, a += aStep << 2, b += bStep << 2) {
    store<f32>(out, f32x4.extract_lane(binary4(op, v128.load32_splat(a), v128.load32_splat(b)), 0));
  }
}

/**
 * out[i][j][k][l] = op(a, b), strides in elements (0 repeats), the innermost 0 or 1.
 * d0..d3 are extents, a0..a3 and b0..b3 strides, perChunk indices of the first dimension a chunk.
 */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function binaryLoop(op: i32, slots: usize, chunk: i32): void {
  const a = pointer(slots, Binary.a), b = pointer(slots, Binary.b);
  const d0 = int(slots, Binary.d0), d1 = int(slots, Binary.d1), d2 = int(slots, Binary.d2), d3 = int(slots, Binary.d3);
  const a0 = int(slots, Binary.a0), a1 = int(slots, Binary.a1), a2 = int(slots, Binary.a2), a3 = int(slots, Binary.a3);
  const b0 = int(slots, Binary.b0), b1 = int(slots, Binary.b1), b2 = int(slots, Binary.b2), b3 = int(slots, Binary.b3);
  const perChunk = int(slots, Binary.perChunk), from = chunk * perChunk, to = min(d0, from + perChunk);
  let out = pointer(slots, Binary.out) + ((from * d1 * d2 * d3) << 2);
  for (let i = from; i < to; i++) {
    for (let j = 0; j < d1; j++) {
      let left = a + ((i * a0 + j * a1) << 2), right = b + ((i * b0 + j * b1) << 2);
      for (let k = 0; k < d2; k++, out += d3 << 2, left += a2 << 2, right += b2 << 2) {
        binaryRun(op, left, a3, right, b3, out, d3);
      }
    }
  }
}

export function add(slots: usize, chunk: i32): void { binaryLoop(ADD, slots, chunk); }
export function sub(slots: usize, chunk: i32): void { binaryLoop(SUB, slots, chunk); }
export function mul(slots: usize, chunk: i32): void { binaryLoop(MUL, slots, chunk); }
export function div(slots: usize, chunk: i32): void { binaryLoop(DIV, slots, chunk); }
export function maximum(slots: usize, chunk: i32): void { binaryLoop(MAX, slots, chunk); }
export function minimum(slots: usize, chunk: i32): void { binaryLoop(MIN, slots, chunk); }
export function squaredDifference(slots: usize, chunk: i32): void { binaryLoop(SQUARED_DIFFERENCE, slots, chunk); }

/** y = condition ? a : b, all of one shape, the condition in bytes. */
export function select(slots: usize, chunk: i32): void {
  const from = chunk * CHUNK, to = min(int(slots, Select.count), from + CHUNK);
  const c = pointer(slots, Select.condition), a = pointer(slots, Select.a), b = pointer(slots, Select.b), y = pointer(slots, Select.y);
  for (let i = from; i < to; i++) {
    const yes = load<f32>(a + (i << 2)), no = load<f32>(b + (i << 2));
    store<f32>(y + (i << 2), load<u8>(c + i) ? yes : no);
  }
}
