// Sound as a picture: how strong each band of pitches is from moment to moment, on the mel scale (Stevens, Volkmann, Newman 1937),
// where equal steps sound alike. Shape letters: T moments (columns), M bands.

import { createTransform, rootsOfUnity } from './fourier.js';
import { naturalLog } from './logarithm.js';

export interface SpectrogramOptions {
  readonly rateHz: number;
  /** Samples that one column is made of, a power of two. */
  readonly window: number;
  /** Samples from one column to the next. */
  readonly hop: number;
  readonly bands: number;
}

export interface Spectrogram {
  /** Writes the columns of `samples`, times `gain`, to [T, M]: 0 for silence, else up to about 12. */
  write(samples: Float32Array, gain: number, out: Float32Array): void;
}

/** A band that a sine of level 1 (root of the mean square) fills has power 1/2; 50 dB below the loudest counts as next to nothing. */
const FLOOR = 5e-6;

const LOWEST_HZ = 30;

const toMel = (hz: number): number => 1127 * naturalLog(1 + hz / 700);

export const countColumns = (numSamples: number, { window, hop }: Pick<SpectrogramOptions, 'window' | 'hop'>): number =>
  numSamples < window ? 0 : Math.floor((numSamples - window) / hop) + 1;

/** A triangle over neighbouring frequencies. */
interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Overlapping triangles of equal width on the mel scale, up to half the rate. A band between two frequencies of the transform has no weights. */
export function listBands({ rateHz, window, bands }: SpectrogramOptions): Band[] {
  const low = toMel(LOWEST_HZ);
  const spacing = (toMel(rateHz / 2) - low) / (bands + 1);
  const mels = Array.from({ length: window / 2 + 1 }, (_, bin) => toMel((bin * rateHz) / window));
  return Array.from({ length: bands }, (_, band) => {
    const weights = mels.map((mel) => Math.max(0, 1 - Math.abs(mel - (low + (band + 1) * spacing)) / spacing));
    const first = Math.max(0, weights.findIndex((weight) => weight > 0));
    return { first, weights: Float64Array.from(weights.slice(first, weights.findLastIndex((weight) => weight > 0) + 1)) };
  });
}

export function createSpectrogram(options: SpectrogramOptions): Spectrogram {
  const { window, hop } = options;
  const bands = listBands(options);
  const transform = createTransform(window);
  // Hann's window; its sum is window / 2.
  const shape = rootsOfUnity(window).cosines.map((cosine) => (1 - cosine) / 2);
  const scale = (2 / window) ** 2;
  const [real, imaginary] = [new Float64Array(window), new Float64Array(window)];
  const power = new Float64Array(window / 2 + 1);

  function cut(samples: Float32Array, start: number, gain: number, column: Float64Array): void {
    for (let i = 0; i < window; i++) column[i] = samples[start + i]! * gain * shape[i]!;
  }

  function writeColumn(out: Float32Array, start: number): void {
    bands.forEach(({ first, weights }, band) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[first + i]!;
      out[start + band] = naturalLog(1 + sum / FLOOR);
    });
  }

  /** Of two columns that were transformed as one, the real and the imaginary one. */
  function split(isImaginary: boolean): void {
    const [a, b] = isImaginary ? [imaginary, real] : [real, imaginary];
    for (let k = 0; k <= window / 2; k++) {
      const mirror = (window - k) % window;
      const even = a[k]! + a[mirror]!;
      const odd = b[k]! - b[mirror]!;
      power[k] = ((even * even + odd * odd) / 4) * scale;
    }
  }

  return {
    write(samples, gain, out) {
      const numColumns = countColumns(samples.length, options);
      for (let column = 0; column < numColumns; column += 2) {
        const hasNext = column + 1 < numColumns;
        cut(samples, column * hop, gain, real);
        if (hasNext) cut(samples, (column + 1) * hop, gain, imaginary);
        else imaginary.fill(0);
        transform(real, imaginary);
        split(false);
        writeColumn(out, column * bands.length);
        if (!hasNext) continue;
        split(true);
        writeColumn(out, (column + 1) * bands.length);
      }
    },
  };
}
