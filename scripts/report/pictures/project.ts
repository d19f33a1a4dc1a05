// Many numbers a row, seen from where rows differ most: the first two principal components. Pure; sums in float64; the same rows give the
// same places.

export interface Projection {
  /** A place for each row. */
  readonly places: readonly (readonly [x: number, y: number])[];
  /** Shares of the variance, 0..1. */
  readonly shares: readonly [number, number];
}

const MOST_ROUNDS = 500;
/** Change of a direction, squared, that counts as none. */
const STILL = 1e-18;

export function project(rows: readonly Float64Array[]): Projection {
  const numDims = rows[0]?.length ?? 0;
  const mean = Float64Array.from({ length: numDims }, (_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
  const centred = rows.map((row) => row.map((value, d) => value - mean[d]!));
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0);
  const first = findDirection(centred, []);
  const second = findDirection(centred, [first]);
  const shareOf = (direction: Float64Array): number => (total > 0 ? centred.reduce((sum, row) => sum + dot(row, direction) ** 2, 0) / total : 0);
  return { places: centred.map((row) => [dot(row, first), dot(row, second)] as const), shares: [shareOf(first), shareOf(second)] };
}

/** In which rows differ most, at right angles to others; zeros where they do not differ. Power iteration from a fixed start. */
function findDirection(rows: readonly Float64Array[], others: readonly Float64Array[]): Float64Array {
  const numDims = rows[0]?.length ?? 0;
  let direction = toUnit(Float64Array.from({ length: numDims }, (_, d) => 1 + ((d * 7919) % 101) / 101), others);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = new Float64Array(numDims);
    for (const row of rows) {
      const along = dot(row, direction);
      for (let d = 0; d < numDims; d++) next[d]! += along * row[d]!;
    }
    const unit = toUnit(next, others);
    const change = unit.reduce((sum, value, d) => sum + (value - direction[d]!) ** 2, 0);
    direction = unit;
    if (change < STILL) break;
  }
  // A direction and its opposite are one: its largest number is positive.
  const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? direction.map((value) => -value) : direction;
}

function toUnit(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  const apart = others.reduce((left, other) => {
    const along = dot(left, other);
    return left.map((value, d) => value - along * other[d]!);
  }, vector);
  const length = Math.sqrt(dot(apart, apart));
  return apart.map((value) => (length > LEAST_LENGTH ? value / length : 0));
}

/** Shorter ones are rounding errors. */
const LEAST_LENGTH = 1e-12;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}
