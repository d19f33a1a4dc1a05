// Gaussian blur, in place. Sums and products only, which IEEE 754 fixes: every engine gives the same bits.

import { channelsOfPatch } from './picture.js';

/** Terms of the series of e^-x for x up to 1/2: the next one is below 1e-17. */
const TERMS = 14;

/** e^-x for x of 0 or more. */
function decay(x: number): number {
  let numHalvings = 0;
  let part = x;
  for (; part > 0.5; part /= 2) numHalvings += 1;
  let value = 1;
  for (let n = TERMS; n > 0; n--) value = 1 - (value * part) / n;
  for (; numHalvings > 0; numHalvings--) value *= value;
  return value;
}

/** Weights of a pixel and of those at 1, 2, ... up to three deviations, on either side; all together sum to 1. */
export function gaussianWeights(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, distance) => decay((distance * distance) / (2 * sigma * sigma)));
  const total = 2 * weights.reduce((sum, weight) => sum + weight, 0) - weights[0]!;
  return weights.map((weight) => weight / total);
}

/** Numbers from one place of a line to the next, from a line to the next, and of a pixel. */
interface Strides {
  readonly along: number;
  readonly across: number;
  readonly channels: number;
}

/** Blurs each line of `side` pixels; the border repeats. */
function blurLines(from: Float32Array, to: Float32Array, side: number, { along, across, channels, weights }: Strides & { readonly weights: Float64Array }): void {
  const last = side - 1;
  for (let line = 0; line < side; line++) {
    for (let place = 0; place < side; place++) {
      for (let c = 0; c < channels; c++) {
        const start = line * across + c;
        let sum = from[start + place * along]! * weights[0]!;
        for (let d = 1; d < weights.length; d++) {
          const [before, after] = [Math.max(place - d, 0), Math.min(place + d, last)];
          sum += (from[start + before * along]! + from[start + after * along]!) * weights[d]!;
        }
        to[start + place * along] = sum;
      }
    }
  }
}

/** `sigma` above 0 is the deviation in pixels. */
export function blurGaussian(patchHWC: Float32Array, side: number, sigma: number): void {
  const weights = gaussianWeights(sigma);
  const channels = channelsOfPatch(patchHWC, side);
  const half = new Float32Array(patchHWC.length);
  blurLines(patchHWC, half, side, { along: channels, across: side * channels, channels, weights });
  blurLines(half, patchHWC, side, { along: side * channels, across: channels, channels, weights });
}
