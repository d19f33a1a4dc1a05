// Proves, or fails to prove, that every planned sample was counted exactly once. Pure.

import { digestOfStep } from '../plan/plan-digest.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import { effectiveCommits, type JournalEntry } from './entries.js';

export interface SampleCounts {
  readonly planned: number;
  readonly committed: number;
  readonly duplicated: number;
  readonly missing: number;
  /** Of the committed ones, those that could not be used and count with weight 0. */
  readonly quarantined: number;
}

export interface Verification {
  readonly isProved: boolean;
  readonly samples: SampleCounts;
  /** What speaks against it, a sentence each. */
  readonly problems: readonly string[];
}

/** Checks a journal against the plan that its recipe and manifest give. */
export function verifyJournal(entries: readonly JournalEntry[], plan: EpochPlan, steps: number, microbatches: number): Verification {
  const problems: string[] = [];
  const commits = effectiveCommits(entries);
  const timesCommitted = new Map<number, number>();
  for (const commit of commits) {
    timesCommitted.set(commit.step, (timesCommitted.get(commit.step) ?? 0) + 1);
    const isPlanned = commit.first === plan.firstPosition(commit.step) && commit.count === plan.samplesPerStep &&
      commit.samples === digestOfStep(plan, commit.step, microbatches);
    if (!isPlanned) problems.push(`Step ${commit.step} committed other samples than the recipe and manifest plan.`);
    if (commit.step > steps) problems.push(`Step ${commit.step} is beyond the recipe's ${steps} steps.`);
  }
  let missing = 0;
  let duplicated = 0;
  for (let step = 1; step <= steps; step++) {
    const times = timesCommitted.get(step) ?? 0;
    if (times === 0) missing += plan.samplesPerStep;
    if (times > 1) duplicated += (times - 1) * plan.samplesPerStep;
    if (times > 1) problems.push(`Step ${step} is committed ${times} times, expected once.`);
  }
  problems.push(...describeMissing(steps, (step) => !timesCommitted.has(step)));
  const quarantined = commits.reduce((sum, commit) => sum + commit.unusable.length, 0);
  const planned = steps * plan.samplesPerStep;
  return {
    isProved: problems.length === 0,
    samples: { planned, committed: planned - missing, duplicated, missing, quarantined },
    problems,
  };
}

/** Steps without a commit, runs of them as one. */
function describeMissing(steps: number, isMissing: (step: number) => boolean): string[] {
  const problems: string[] = [];
  for (let first = 1; first <= steps; first++) {
    if (!isMissing(first)) continue;
    let last = first;
    while (last < steps && isMissing(last + 1)) last += 1;
    problems.push(first === last ? `Step ${first} is not committed.` : `Steps ${first} to ${last} are not committed.`);
    first = last;
  }
  return problems;
}
