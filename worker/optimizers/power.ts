// Math.cos and ** may differ in the last bit between versions of an engine; replicas on different Node versions must not.
// Everything here is products and sums, which IEEE 754 fixes.

/** base ** exponent for a whole exponent of 0 or more. */
export function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) result *= square;
  }
  return result;
}

/** From 1 at 0 to 0 at 1 along half a cosine: (1 + cos(pi * t)) / 2 to 1e-15, for t in 0..1. */
export function halfCosine(t: number): number {
  const squared = ((Math.PI / 2) * t) ** 2;
  let cosine = 0;
  for (let n = 22; n > 0; n -= 2) cosine = 1 - (cosine * squared) / (n * (n - 1));
  // The series was summed inside out, so `cosine` is cos(pi * t / 2), whose square is the wanted value.
  return cosine * cosine;
}
