// What numbers an array holds: its range, its spread, and how many of them are none. Pure.

export interface Range {
  readonly count: number;
  /** Of the finite numbers; undefined where there are none. So are the three below. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly mean: number | undefined;
  readonly deviation: number | undefined;
  /** Share of all numbers. */
  readonly zeros: number;
  /** How many are infinite, or not a number. */
  readonly notFinite: number;
}

/** Takes arrays, one after another. */
export interface RangeMeter {
  add(values: ArrayLike<number>): void;
  range(): Range;
}

function createRangeMeter(): RangeMeter {
  let [count, numFinite, numZeros] = [0, 0, 0];
  let [min, max, mean, squares] = [Infinity, -Infinity, 0, 0];
  return {
    add(values) {
      count += values.length;
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (!Number.isFinite(value)) continue;
        // Welford's: sums of squares of large numbers would leave nothing of small deviations.
        numFinite += 1;
        const difference = value - mean;
        mean += difference / numFinite;
        squares += difference * (value - mean);
        if (value < min) min = value;
        if (value > max) max = value;
        if (value === 0) numZeros += 1;
      }
    },
    range() {
      const ofFinite = (value: number): number | undefined => (numFinite > 0 ? value : undefined);
      return {
        count, min: ofFinite(min), max: ofFinite(max), mean: ofFinite(mean), deviation: ofFinite(Math.sqrt(squares / numFinite)),
        zeros: count > 0 ? numZeros / count : 0, notFinite: count - numFinite,
      };
    },
  };
}

/** The largest number without its sign; infinite where one is not finite. */
export function largestOf({ min = 0, max = 0, notFinite }: Range): number {
  return notFinite > 0 ? Infinity : Math.max(Math.abs(min), Math.abs(max));
}

export interface NamedRange extends Range {
  readonly name: string;
}

/** Of arrays that every microbatch has anew. */
export interface SharedRange extends NamedRange {
  /** Which one has the largest number, or the first that is not finite. */
  readonly microbatch: number;
}

/** A meter for each name, in the order in which the names come. */
export interface RangeMeters {
  add(name: string, values: ArrayLike<number>, microbatch: number): void;
  ranges(): SharedRange[];
}

export function createRangeMeters(): RangeMeters {
  const meters = new Map<string, { readonly meter: RangeMeter; largest: number; microbatch: number }>();
  return {
    add(name, values, microbatch) {
      const entry = meters.get(name) ?? { meter: createRangeMeter(), largest: -1, microbatch };
      meters.set(name, entry);
      entry.meter.add(values);
      const largest = largestOf(entry.meter.range());
      if (largest > entry.largest) Object.assign(entry, { largest, microbatch });
    },
    ranges: () => [...meters].map(([name, { meter, microbatch }]) => ({ name, microbatch, ...meter.range() })),
  };
}

/** The range of one array. */
export function rangeOf(name: string, values: ArrayLike<number>): NamedRange {
  const meter = createRangeMeter();
  meter.add(values);
  return { name, ...meter.range() };
}
