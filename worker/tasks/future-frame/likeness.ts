// Whether a later frame is worth guessing: not where the last one seen is as good as it, and not where it shows another scene.

/** Signal to noise in decibels above which two frames count as the same. */
const STILL_DECIBELS = 45;
/** Mean square in squares of grey levels below which they do: 255^2 / 10^(decibels / 10). */
const STILL_SQUARE = 255 ** 2 / 10 ** (STILL_DECIBELS / 10);
const NUM_BINS = 16;
/** Least share of grey levels that two frames of one scene have in common. */
const LEAST_COMMON = 0.5;

export function isStill(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return squares / a.length < STILL_SQUARE;
}

const countLevels = (bytes: Uint8Array): Uint32Array => {
  const counts = new Uint32Array(NUM_BINS);
  for (const value of bytes) counts[(value * NUM_BINS) >> 8]! += 1;
  return counts;
};

/** Compares how often each grey level comes, wherever it lies. */
export function isOtherScene(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [countLevels(a), countLevels(b)];
  const common = one.reduce((sum, count, bin) => sum + Math.min(count, other[bin]!), 0);
  return common / a.length < LEAST_COMMON;
}
