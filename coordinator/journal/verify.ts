// Proves, or fails to prove, that every planned sample was counted exactly once. Pure.

import { digestOfStep } from '../plan/plan-digest.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import { effectiveCommits, entriesOfStage, type JournalEntry, type StageEntry } from './entries.js';
import { createStageReplays } from './replays.js';

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

/** Checks what was written in the course of a stage against the plan that its recipe and manifest give. */
export function verifyJournal(entries: readonly StageEntry[], plan: EpochPlan, steps: number, microbatches: number): Verification {
  const wrong: string[] = [];
  const commits = effectiveCommits(entries);
  const timesCommitted = new Map<number, number>();
  for (const commit of commits) {
    timesCommitted.set(commit.step, (timesCommitted.get(commit.step) ?? 0) + 1);
    const isPlanned = commit.first === plan.firstPosition(commit.step) && commit.count === plan.samplesPerStep &&
      commit.samples === digestOfStep(plan, commit.step, microbatches);
    if (!isPlanned) wrong.push(`Step ${commit.step} committed other samples than the recipe and manifest plan.`);
    if (commit.step > steps) wrong.push(`Step ${commit.step} is beyond the recipe's ${steps} steps.`);
  }
  let missing = 0;
  let duplicated = 0;
  for (let step = 1; step <= steps; step++) {
    const times = timesCommitted.get(step) ?? 0;
    if (times === 0) missing += plan.samplesPerStep;
    if (times > 1) duplicated += (times - 1) * plan.samplesPerStep;
    if (times > 1) wrong.push(`Step ${step} is committed ${times} times, expected once.`);
  }
  const problems = [...wrong, ...describeMissing(steps, (step) => !timesCommitted.has(step)), ...describeReplays(entries)];
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

/** Steps that gave something else when they were run again; where workers of different kinds took part, they may. */
function describeReplays(entries: readonly StageEntry[]): string[] {
  const replays = createStageReplays();
  const differences = entries.flatMap((entry) => {
    const difference = replays.describe(entry);
    replays.add(entry);
    return difference ?? [];
  });
  return replays.isOfOneKind() ? differences : [];
}

/** What a stage should be. */
export interface PlannedStage {
  readonly recipeHash: string;
  readonly manifestHash: string;
  readonly plan: EpochPlan;
  readonly steps: number;
  readonly microbatches: number;
}

/** Checks the journal of a run against all of its stages, and that recipe and manifests are those that it began with. */
export function verifyRun(entries: readonly JournalEntry[], stages: readonly PlannedStage[]): Verification {
  const [first] = entries;
  const verifications = stages.map((stage, index) => {
    const { plan, steps, microbatches } = stage;
    const { samples, problems } = verifyJournal(entriesOfStage(entries, index + 1), plan, steps, microbatches);
    return { samples, problems: [...describeBeginning(entries, stage, index + 1), ...problems].map(stages.length === 1 ? (problem) => problem : (problem) => `Stage ${index + 1}: ${problem}`) };
  });
  const problems = [
    ...(first?.type === 'run' ? [] : ['The journal does not begin with what the run is.']),
    ...(first?.type === 'run' && first.stages !== stages.length ? [`The recipe has ${stages.length} stages, the run began with ${first.stages}.`] : []),
    ...verifications.flatMap((verification) => verification.problems),
  ];
  return { isProved: problems.length === 0, samples: verifications.map(({ samples }) => samples).reduce(addCounts), problems };
}

function describeBeginning(entries: readonly JournalEntry[], { recipeHash, manifestHash }: PlannedStage, number: number): string[] {
  const begun = entries.find((entry) => entry.type === 'stage' && entry.stage === number) as Extract<JournalEntry, { type: 'stage' }> | undefined;
  if (!begun) return ['It has not begun.'];
  return [
    ...(begun.recipe === recipeHash ? [] : ['The recipe in the folder is not the one that the run began with.']),
    ...(begun.manifest === manifestHash ? [] : ['The manifest in the folder is not the one that the run began with.']),
  ];
}

function addCounts(a: SampleCounts, b: SampleCounts): SampleCounts {
  return {
    planned: a.planned + b.planned, committed: a.committed + b.committed, duplicated: a.duplicated + b.duplicated,
    missing: a.missing + b.missing, quarantined: a.quarantined + b.quarantined,
  };
}
