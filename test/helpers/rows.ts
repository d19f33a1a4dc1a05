// Rows of numbers and what float64 makes of them, for tests of losses that compare them.

import type { Random } from '../../shared/random/random.js';
import { normal } from './numerics.js';

export type Rows = number[][];

/** About normal, of a deviation, exact in float32. */
export const drawRows = (random: Random, count: number, dims: number, deviation = 1): Rows =>
  Array.from({ length: count }, () => Array.from({ length: dims }, () => Math.fround(deviation * normal(random))));

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

export const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.sqrt(dot(row, row)));

/** Covariances of all pairs of numbers over rows. */
export function covarianceOf(rows: Rows, divisor: number): Rows {
  const dims = rows[0]!.length;
  const means = Array.from({ length: dims }, (_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
  return Array.from({ length: dims }, (_, d) => Array.from({ length: dims }, (__, e) =>
    rows.reduce((sum, row) => sum + (row[d]! - means[d]!) * (row[e]! - means[e]!), 0) / divisor));
}
