// Colours as classes: squares of the ab plane that sRGB reaches, how a colour is spread over the nearest of them, and what each weighs.

import { naturalExp } from '../../augment/ops/exponential.js';
import { toLab } from '../../augment/ops/lab.js';

/** Colours are looked at in steps of so many of 255. */
const SWEEP = 5;

const found = new Map<number, Float32Array>();

/** Centres (a, b) of the squares of side `step` that hold a colour of sRGB, in rows, [Q, 2]. Not to be written to. */
export function listBins(step: number): Float32Array {
  const known = found.get(step);
  if (known !== undefined) return known;
  const places = new Map<number, readonly [number, number]>();
  const lab = new Float64Array(3);
  for (let red = 0; red <= 255; red += SWEEP) {
    for (let green = 0; green <= 255; green += SWEEP) {
      for (let blue = 0; blue <= 255; blue += SWEEP) {
        toLab(red, green, blue, lab);
        const [row, column] = [Math.round(lab[1]! / step), Math.round(lab[2]! / step)];
        places.set(row * 1000 + column, [row * step, column * step]);
      }
    }
  }
  const bins = Float32Array.from([...places].sort(([one], [other]) => one - other).flatMap(([, centre]) => centre));
  found.set(step, bins);
  return bins;
}

export interface SoftBins {
  /** The nearest bins, nearest first. */
  readonly bins: Int32Array;
  /** What each of them gets of the colour; they sum to 1. */
  readonly shares: Float32Array;
}

/** Spreads a colour over its nearest bins by a Gaussian of deviation `sigma`; as many as `out` has places for. */
export function encodeSoftly(a: number, b: number, centres: Float32Array, sigma: number, out: SoftBins): void {
  const count = out.bins.length;
  const nearest: number[] = [];
  const distances: number[] = [];
  for (let bin = 0; bin < centres.length / 2; bin++) {
    const distance = (centres[2 * bin]! - a) ** 2 + (centres[2 * bin + 1]! - b) ** 2;
    if (nearest.length === count && distance >= distances[count - 1]!) continue;
    let place = Math.min(nearest.length, count - 1);
    while (place > 0 && distances[place - 1]! > distance) {
      nearest[place] = nearest[place - 1]!;
      distances[place] = distances[place - 1]!;
      place -= 1;
    }
    nearest[place] = bin;
    distances[place] = distance;
  }
  // Measured from the nearest, so that a colour far from all bins has shares too.
  const raw = distances.map((distance) => naturalExp(Math.max((distances[0]! - distance) / (2 * sigma * sigma), -700)));
  const total = raw.reduce((sum, share) => sum + share, 0);
  out.bins.set(nearest);
  out.shares.set(raw.map((share) => share / total));
}

/**
 * What each bin weighs: 1 / ((1 - uniform) * prior + uniform / Q), scaled so that the mean over the prior is 1. The prior of a colour
 * falls by e each `spread` from grey.
 */
export function weighBins(centres: Float32Array, uniform: number, spread: number): Float32Array {
  const numBins = centres.length / 2;
  const raw = Array.from({ length: numBins }, (_, bin) => naturalExp(-Math.sqrt(centres[2 * bin]! ** 2 + centres[2 * bin + 1]! ** 2) / spread));
  const total = raw.reduce((sum, share) => sum + share, 0);
  const prior = raw.map((share) => share / total);
  const weights = prior.map((share) => 1 / ((1 - uniform) * share + uniform / numBins));
  const mean = prior.reduce((sum, share, bin) => sum + share * weights[bin]!, 0);
  return Float32Array.from(weights, (weight) => weight / mean);
}
