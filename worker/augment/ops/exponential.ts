// Math.exp may differ in the last bit between versions of an engine; what a puzzle shows and what is learnt must not. Sums, products and quotients
// only, which IEEE 754 fixes.

const TERMS = 16;

/** e to a power of -700..700, to 1e-12 of its size. */
export function naturalExp(power: number): number {
  // Halved until the series is short, and squared back.
  const halvings = 10;
  const small = power / 2 ** halvings;
  let result = 1;
  for (let n = TERMS; n > 0; n--) result = 1 + (result * small) / n;
  for (let i = 0; i < halvings; i++) result *= result;
  return result;
}
