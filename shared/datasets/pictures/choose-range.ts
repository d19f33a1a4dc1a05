// The range that `data.range: auto` and percentiles become, from how often values occur in the set.
//
// Rule of `auto`, for each type of more than 8 bits: unsigned whole numbers begin with the depth that they fill (4095 at most: 12 bits), fractions
// between 0 and 1 with 0 to 1. Where the middle 99.8 % of the values would take less than a quarter of that (64 of 256 levels), or where
// there is no such beginning (signed numbers, other fractions), the range is that of the middle 99.8 %. One stray pixel then costs nothing.

import type { Histogram } from './histogram.js';
import { FULL_LIMITS, type ChannelLimits } from './range.js';
import type { Limits, SampleType } from './raster.js';

const AUTO_PERCENTILES = [0.1, 99.9] as const;
const LEAST_SHARE = 1 / 4;
const LEAST_BITS = 8;

export interface ChosenRange {
  readonly limits: ChannelLimits;
  /** For the log. */
  readonly why: string;
}

/** Limits at two percentiles; never of one value, so that a picture of one value is black. */
function limitsBetween(histogram: Histogram, [low, high]: readonly [number, number]): Limits {
  if (histogram.total === 0) return [0, 1];
  const [black, white] = [histogram.percentile(low, 'low'), histogram.percentile(high, 'high')];
  return [black, white > black ? white : black + 1];
}

export function rangeByPercentiles(histograms: readonly Histogram[], percentiles: readonly [number, number]): ChosenRange {
  return { limits: histograms.map((each) => limitsBetween(each, percentiles)), why: `they are the percentiles ${percentiles.join(' and ')} of the set` };
}

function beginningOf({ least, most }: Histogram, type: SampleType): Limits | undefined {
  if (type.startsWith('float')) return least >= 0 && most <= 1 ? [0, 1] : undefined;
  if (FULL_LIMITS[type][0] < 0) return undefined;
  return [0, 2 ** Math.max(LEAST_BITS, Math.ceil(Math.log2(most + 1))) - 1];
}

/** Undefined where the type's whole range is best. */
export function rangeByValues(histograms: readonly Histogram[], type: SampleType): ChosenRange | undefined {
  const chosen = histograms.map((histogram): ChosenRange => {
    const middle = limitsBetween(histogram, AUTO_PERCENTILES);
    const beginning = beginningOf(histogram, type);
    if (beginning && middle[1] - middle[0] >= LEAST_SHARE * (beginning[1] - beginning[0])) return { limits: [beginning], why: `no value is over ${histogram.most}` };
    return { limits: [middle], why: `99.8 % of all values lie between, ${histogram.least} to ${histogram.most} are all` };
  });
  const limits = chosen.flatMap((each) => each.limits);
  const full = FULL_LIMITS[type];
  return limits.every(([black, white]) => black === full[0] && white === full[1]) ? undefined : { limits, why: chosen[0]!.why };
}
