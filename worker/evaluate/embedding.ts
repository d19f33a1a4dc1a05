// How far features spread: of a trunk that has collapsed, all pictures look alike. Pure; sums in float64.
// Shape letters: N items, D numbers each.

import type { Spread } from '../../shared/learning.js';

/** Of one vector an item, each scaled to length 1. Zero where there are fewer than two. */
export function measureSpread(vectors: readonly Float32Array[]): Spread {
  const numDims = vectors[0]?.length ?? 0;
  if (vectors.length < 2) return { deviation: 0, effectiveRank: 0 };
  const rows = centre(vectors.map(toUnit), numDims);
  const variances = Float64Array.from({ length: numDims }, (_, d) => rows.reduce((sum, row) => sum + row[d]! ** 2, 0) / rows.length);
  const deviation = variances.reduce((sum, variance) => sum + Math.sqrt(variance), 0) / numDims;
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const squares = sumSquaredProducts(rows) / rows.length ** 2;
  return { deviation: deviation * Math.sqrt(numDims), effectiveRank: squares > 0 ? total ** 2 / squares : 0 };
}

/** Scaled to length 1; zeros stay. */
export function toUnit(vector: Float32Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
  return Float64Array.from(vector, (value) => (length > 0 ? value / length : 0));
}

function centre(rows: readonly Float64Array[], numDims: number): Float64Array[] {
  const mean = Float64Array.from({ length: numDims }, (_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
  return rows.map((row) => row.map((value, d) => value - mean[d]!));
}

/** Sum of the squares of the products of every two rows: the same as of the covariances of every two numbers, times N squared. */
function sumSquaredProducts(rows: readonly Float64Array[]): number {
  let sum = 0;
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j <= i; j++) {
      const product = row.reduce((total, value, d) => total + value * rows[j]![d]!, 0);
      sum += (i === j ? 1 : 2) * product ** 2;
    }
  }
  return sum;
}
