// Where and with what weight SIGReg compares characteristic functions. Loads no tensor library; sigreg.ts computes.

import { naturalExp } from '../augment/ops/exponential.js';

/** Points of the half line; the other half says the same. */
const NUM_KNOTS = 17;
/** Beyond it the weight is next to nothing. */
const FARTHEST = 3;

export interface Knot {
  readonly place: number;
  /** The characteristic function of a standard normal there: e^(-t^2 / 2). */
  readonly wanted: number;
  /** Of the trapezoid rule over the whole line, times e^(-t^2 / 2). */
  readonly weight: number;
}

export const knots: readonly Knot[] = Array.from({ length: NUM_KNOTS }, (_, k) => {
  const step = FARTHEST / (NUM_KNOTS - 1);
  const wanted = naturalExp(-((k * step) ** 2) / 2);
  return { place: k * step, wanted, weight: wanted * 2 * step * (k === 0 || k === NUM_KNOTS - 1 ? 0.5 : 1) };
});

/** The statistic of rows that are all zeros, by the number of rows. */
export const SIGREG_OF_ZEROS = knots.reduce((sum, { wanted, weight }) => sum + weight * (1 - wanted) ** 2, 0);
