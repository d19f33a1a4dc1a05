// Which runs a label curve needs, in their order, how many steps each makes, and how long the rest will take. Pure.

import { contenders, type Contender } from './contenders.js';

export interface PlannedRun {
  readonly share: number;
  readonly seed: number;
  readonly contender: Contender;
  /** Below the curve's folder. */
  readonly folder: string;
}

/** Seed after seed, so that a curve that is stopped early has all shares of the first one. */
export function planRuns(shares: readonly number[], seeds: readonly number[]): PlannedRun[] {
  const sorted = [...new Set(shares)].sort((a, b) => a - b);
  return [...new Set(seeds)].sort((a, b) => a - b).flatMap((seed) => sorted.flatMap((share) =>
    contenders.map((contender) => ({ share, seed, contender, folder: `seed-${seed}/share-${share}/${contender}` }))));
}

/** Fewer updates than this hardly move anything. */
const FEWEST_STEPS = 100;

/**
 * The same at every share, or a hundredth of the labels would get a hundredth of the updates: as many as the epochs are with all of the
 * labels, and enough to learn from where these are few.
 */
export const chooseSteps = (stepsWithAll: number): number => Math.max(FEWEST_STEPS, stepsWithAll);

export interface TimedRun {
  readonly samples: number;
  /** Of the steps alone. */
  readonly trainingMs: number;
  /** With start, evaluation and end. */
  readonly wholeMs: number;
}

/** Milliseconds that runs of so many samples each will take, by those that are over; undefined before the first one. */
export function estimateLeft(done: readonly TimedRun[], left: readonly number[]): number | undefined {
  const sum = (of: (run: TimedRun) => number): number => done.reduce((total, run) => total + of(run), 0);
  if (done.length === 0) return undefined;
  const perSample = sum(({ trainingMs }) => trainingMs) / Math.max(1, sum(({ samples }) => samples));
  const besides = sum(({ wholeMs, trainingMs }) => wholeMs - trainingMs) / done.length;
  return left.reduce((total, samples) => total + samples * perSample + besides, 0);
}
