// Adam's update in one pass: memory bounds it, and made of single operations it would pass twelve times.

import { float, int, pointer } from './arguments';
import { Adam, CHUNK } from './slots';

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function splat(slots: usize, n: i32): v128 {
  return f32x4.splat(float(slots, n));
}

/**
 * m' = beta1 m + (1 - beta1) g; v' = beta2 v + (1 - beta2) g g; p' = kept p - stride m' / (sqrt(correction v') + epsilon).
 * Every array may be read 16 bytes beyond its end; of the last four only those inside are stored.
 * rest1 and rest2 are 1 - beta1 and 1 - beta2, rounded from float64.
 */
export function adam(slots: usize, chunk: i32): void {
  const from = chunk * CHUNK, to = min(int(slots, Adam.count), from + CHUNK);
  const p = pointer(slots, Adam.parameter), g = pointer(slots, Adam.gradient), m = pointer(slots, Adam.mean);
  const v = pointer(slots, Adam.square);
  const nextP = pointer(slots, Adam.nextParameter), nextM = pointer(slots, Adam.nextMean), nextV = pointer(slots, Adam.nextSquare);
  const beta1 = splat(slots, Adam.beta1), rest1 = splat(slots, Adam.rest1), beta2 = splat(slots, Adam.beta2);
  const rest2 = splat(slots, Adam.rest2);
  const correction = splat(slots, Adam.correction), epsilon = splat(slots, Adam.epsilon), kept = splat(slots, Adam.kept);
  const stride = splat(slots, Adam.stride);
  for (let i = from; i < to; i += 4) {
    const at = <usize>i << 2, gradient = v128.load(g + at);
    const mean = f32x4.add(f32x4.mul(v128.load(m + at), beta1), f32x4.mul(gradient, rest1));
    const square = f32x4.add(f32x4.mul(v128.load(v + at), beta2), f32x4.mul(f32x4.mul(gradient, gradient), rest2));
    const root = f32x4.sqrt(f32x4.mul(square, correction));
    const direction = f32x4.div(mean, f32x4.add(root, epsilon));
    const parameter = f32x4.sub(f32x4.mul(v128.load(p + at), kept), f32x4.mul(direction, stride));
    storeUpTo(nextP + at, parameter, to - i);
    storeUpTo(nextM + at, mean, to - i);
    storeUpTo(nextV + at, square, to - i);
  }
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function storeUpTo(at: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, value);
    return;
  }
  store<f32>(at, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(value, 2), 8);
}
