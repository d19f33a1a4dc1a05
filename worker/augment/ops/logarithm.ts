// Math.log may differ in the last bit between versions of an engine; what a puzzle shows must not. Sums, products and quotients
// only, which IEEE 754 fixes.

const EXPONENT_BIAS = 1023;
const TERMS = 12;
const view = new DataView(new ArrayBuffer(8));

/** Natural logarithm of a positive normal number, to 1e-15 of its size or of 1. */
export function naturalLog(value: number): number {
  view.setFloat64(0, value);
  const high = view.getUint32(0);
  view.setUint32(0, (high & 0xfffff) | (EXPONENT_BIAS << 20));
  // value = mantissa * 2^exponent, with the mantissa within 1/sqrt(2)..sqrt(2), where the series is short.
  let mantissa = view.getFloat64(0);
  let exponent = (high >>> 20) - EXPONENT_BIAS;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let n = 2 * TERMS - 1; n > 0; n -= 2) series = series * ratio * ratio + 1 / n;
  return 2 * ratio * series + exponent * Math.LN2;
}
