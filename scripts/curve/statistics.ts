// Means over seeds, and what a difference between two contenders is worth: both come from the same seeds and the same held-out items. Pure.

/** Of one run: for each held-out item, by its path, whether its class was found. */
export type Answers = ReadonlyMap<string, boolean>;

export interface Score {
  /** Mean accuracy over the seeds, 0..1. */
  readonly mean: number;
  /** Standard deviation of the seeds' accuracies; absent with one seed. */
  readonly deviation?: number;
  readonly bySeed: readonly number[];
}

export interface Difference extends Score {
  /** Of the mean, as seeds and as held-out items might have been others. */
  readonly standardError: number;
  /** A mean as far as this from 0 or less comes by chance in one of twenty cases or more. */
  readonly bound: number;
}

export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** 0 for one value. */
export function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

const accuracyOf = (answers: Answers): number => meanOf([...answers.values()].map(Number));

function describe(bySeed: readonly number[]): Score {
  return { mean: meanOf(bySeed), ...(bySeed.length > 1 && { deviation: Math.sqrt(varianceOf(bySeed)) }), bySeed };
}

/** `runs`: one a seed. */
export function scoreRuns(runs: readonly Answers[]): Score {
  return describe(runs.map(accuracyOf));
}

/** Without items that the other one has no answer to. */
const sharedWith = (run: Answers, other: Answers): Answers => new Map([...run].filter(([item]) => other.has(item)));

/**
 * How much better `ours` is than `theirs`, seed by seed and item by item, on the items that both could see. The variance of the mean is that of
 * the seeds' differences by their number, and that of the items' by theirs; degrees of freedom are Welch's and Satterthwaite's. With one seed
 * nothing is known of the first part, and it counts as 0.
 */
export function compareRuns(allOurs: readonly Answers[], allTheirs: readonly Answers[]): Difference {
  const ours = allOurs.map((run, seed) => sharedWith(run, allTheirs[seed]!));
  const theirs = allTheirs.map((run, seed) => sharedWith(run, allOurs[seed]!));
  const ofItems = differByItem(ours, theirs);
  const bySeed = ours.map((run, seed) => accuracyOf(run) - accuracyOf(theirs[seed]!));
  const parts = [bySeed, ofItems].map((values) => ({ variance: varianceOf(values) / values.length, freedom: Math.max(1, values.length - 1) }));
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  const freedom = variance ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0);
  const standardError = Math.sqrt(variance);
  return { ...describe(bySeed), standardError, bound: variance === 0 ? 0 : studentBound(freedom) * standardError };
}

/** Mean over the seeds that held an item out: which those are may depend on the seed. */
function differByItem(ours: readonly Answers[], theirs: readonly Answers[]): number[] {
  const differences = new Map<string, number[]>();
  ours.forEach((run, seed) => run.forEach((isRight, item) => {
    differences.set(item, [...(differences.get(item) ?? []), Number(isRight) - Number(theirs[seed]!.get(item))]);
  }));
  return [...differences.values()].map(meanOf);
}

/** Of 1, 2, ... degrees of freedom. */
const STUDENT = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** What Student's t is beyond, either way, in 5 % of all cases; right to 0.02. */
export function studentBound(freedom: number): number {
  return STUDENT[Math.floor(freedom) - 1] ?? 1.96 + 2.5 / freedom;
}
