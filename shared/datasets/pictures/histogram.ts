// How often values occur in a set of pictures. Counts are whole numbers, so that the order in which pictures are counted changes nothing.

import { FULL_LIMITS } from './range.js';
import type { Limits, SampleType } from './raster.js';

export interface Histogram {
  /** Numbers counted; what is none is left out. */
  readonly total: number;
  readonly least: number;
  readonly most: number;
  add(value: number): void;
  /** The least value that at least `percent` of all numbers do not exceed; for more than 16 bits to one part in 256, within `least` and `most`. */
  percentile(percent: number, side: 'low' | 'high'): number;
  /** Sums of shares of white and of their squares, 0 below black and 1 above white. */
  moments(limits: Limits): { readonly sum: number; readonly squares: number };
}

/** Every value of 16 bits or less has a bin of its own; of others, those of one sign and exponent and 8 bits of mantissa share one. */
interface Bins {
  readonly count: number;
  binOf(value: number): number;
  /** The values of a bin lie between these. */
  edges(bin: number): Limits;
}

const KEPT_BITS = 17;
const DROPPED_BITS = 32 - KEPT_BITS;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of a float32 in the order of their values. */
function orderedBits(value: number): number {
  float[0] = value;
  return (bits[0]! & 0x8000_0000 ? ~bits[0]! : bits[0]! | 0x8000_0000) >>> 0;
}

function valueOf(ordered: number): number {
  bits[0] = ordered & 0x8000_0000 ? ordered & 0x7fff_ffff : ~ordered;
  return float[0]!;
}

const floatBins: Bins = {
  count: 2 ** KEPT_BITS,
  binOf: (value) => orderedBits(value) >>> DROPPED_BITS,
  edges: (bin) => [valueOf((bin << DROPPED_BITS) >>> 0), valueOf(((bin << DROPPED_BITS) | (2 ** DROPPED_BITS - 1)) >>> 0)],
};

function binsOf(type: SampleType): Bins {
  if (!/^u?int(8|16)$/.test(type)) return floatBins;
  const [least, most] = FULL_LIMITS[type];
  return { count: most - least + 1, binOf: (value) => value - least, edges: (bin) => [bin + least, bin + least] };
}

export function createHistogram(type: SampleType): Histogram {
  const bins = binsOf(type);
  const counts = new Float64Array(bins.count);
  let [total, least, most] = [0, Infinity, -Infinity];
  const within = (value: number): number => Math.min(Math.max(value, least), most);
  return {
    get total() { return total; },
    get least() { return least; },
    get most() { return most; },
    add(value) {
      if (!Number.isFinite(value)) return;
      counts[bins.binOf(value)]! += 1;
      total += 1;
      if (value < least) least = value;
      if (value > most) most = value;
    },
    percentile(percent, side) {
      const rank = Math.max(1, Math.ceil((total * percent) / 100));
      let seen = 0;
      const bin = counts.findIndex((count) => (seen += count) >= rank);
      return within(bins.edges(bin)[side === 'low' ? 0 : 1]);
    },
    moments([black, white]) {
      let [sum, squares] = [0, 0];
      counts.forEach((count, bin) => {
        if (count === 0) return;
        const [low, high] = bins.edges(bin);
        const share = Math.min(Math.max(((within(low) + within(high)) / 2 - black) / (white - black), 0), 1);
        sum += count * share;
        squares += count * share * share;
      });
      return { sum, squares };
    },
  };
}
