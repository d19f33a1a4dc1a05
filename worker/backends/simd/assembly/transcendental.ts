// exp and log of our own: the same bits in every engine, which a host's library would not promise.

/** e^x for four floats, within 2 units of the last place; below -87.3 it is 0, above 88.7 infinity. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.5)), f32x4.splat(88.8));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)));
  // ln 2 in two parts: the first has 12 trailing zero bits, so n * first is exact.
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let y = f32x4.splat(1.9875691500e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2^n in two factors, as n = 128 alone has no exponent.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), bias), 23);
  y = f32x4.mul(f32x4.mul(y, first), second);
  y = v128.andnot(y, f32x4.lt(x, f32x4.splat(-87.336548)));
  return v128.bitselect(y, x, f32x4.eq(x, x));
}

/** Natural logarithm of one float, through float64, so right to half a unit of the last place but for rare ties. */
export function log1(x: f32): f32 {
  return <f32>Math.log(<f64>x);
}

/** e^x of one float. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}
