// The fast Fourier transform (Cooley and Tukey 1965, radix 2), in float64. Its sines and cosines come from square roots and quotients,
// which IEEE 754 fixes: every engine gives the same bits.

/** e^(2 pi i k / size) for k in 0..size-1. */
export interface Roots {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** `size` is a power of two of 4 or more. */
export function rootsOfUnity(size: number): Roots {
  const cosines = new Float64Array(size);
  const sines = new Float64Array(size);
  const quarter = size / 4;
  [cosines[0], sines[quarter], cosines[2 * quarter], sines[3 * quarter]] = [1, 1, -1, -1];
  // Half way between two directions lies their sum, brought to length 1.
  for (let step = quarter; step > 1; step /= 2) {
    for (let k = step / 2; k < size; k += step) {
      const [before, after] = [k - step / 2, (k + step / 2) % size];
      const [x, y] = [cosines[before]! + cosines[after]!, sines[before]! + sines[after]!];
      const length = Math.sqrt(x * x + y * y);
      cosines[k] = x / length;
      sines[k] = y / length;
    }
  }
  return { cosines, sines };
}

/** Where each number stands when the bits of its place are read backwards. */
function reverseBits(size: number): Uint32Array {
  const places = new Uint32Array(size);
  for (let k = 1; k < size; k++) places[k] = (places[k >> 1]! >> 1) | (k & 1 ? size >> 1 : 0);
  return places;
}

/** Replaces complex numbers by their transform, sum over n of x[n] e^(-2 pi i k n / size). */
export type Transform = (real: Float64Array, imaginary: Float64Array) => void;

/** The transform of `size` numbers, a power of two of 4 or more. */
export function createTransform(size: number): Transform {
  const { cosines, sines } = rootsOfUnity(size);
  const places = reverseBits(size);

  function reorder(values: Float64Array): void {
    for (let k = 0; k < size; k++) {
      const place = places[k]!;
      if (place <= k) continue;
      const kept = values[k]!;
      values[k] = values[place]!;
      values[place] = kept;
    }
  }

  return (real, imaginary) => {
    reorder(real);
    reorder(imaginary);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const low = start + k;
          const high = low + half;
          const cos = cosines[k * stride]!;
          const sin = -sines[k * stride]!;
          const x = real[high]! * cos - imaginary[high]! * sin;
          const y = real[high]! * sin + imaginary[high]! * cos;
          real[high] = real[low]! - x;
          imaginary[high] = imaginary[low]! - y;
          real[low] = real[low]! + x;
          imaginary[low] = imaginary[low]! + y;
        }
      }
    }
  };
}
