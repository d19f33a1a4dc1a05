// report.json: what a run was, what it counted, what it took, where its result is.

import type { RejectedItem } from '../../shared/datasets/dataset.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunOutcome } from '../controller.js';
import { effectiveCommits, entriesOfStage, type CommitEntry, type JournalEntry } from '../journal/entries.js';
import { verifyJournal, type SampleCounts } from '../journal/verify.js';
import type { LostLines } from './lost-lines.js';
import type { Stage } from './prepare.js';
import { LOSS_STEPS, meanPhases, speedOf, type PhaseMeans, type StageState } from './state.js';

/** What one stage was and came to. */
export interface StageReport {
  readonly stage: number;
  readonly name?: string;
  readonly recipeHash: string;
  readonly manifestHash: string;
  readonly task: string;
  readonly model: string;
  readonly seed: number;
  readonly steps: number;
  /** What the trunk began from, where that was not the seed. */
  readonly init?: NonNullable<Recipe['init']>;
  readonly samples: SampleCounts;
  /** Files that the listing already found unusable. */
  readonly rejectedFiles: readonly RejectedItem[];
  /** Files whose samples were quarantined, each with the first reason. */
  readonly quarantinedFiles: readonly QuarantinedFile[];
  /** SHA-256 of the final values; missing when the checkpoint of an earlier stage is gone. */
  readonly digest?: string;
  readonly checkpoint?: string;
  /** Means over the first and the last five steps. */
  readonly loss: { readonly first?: number; readonly last?: number };
  /** Milliseconds of a step, mean over workers and steps; absent when this coordinator ran none. */
  readonly phases?: PhaseMeans;
  readonly samplesPerSecond?: number;
  readonly workers: readonly { readonly id: string; readonly backend: string; readonly samples: number }[];
  readonly rollbacks: number;
}

/** The run: what the last stage came to, and every stage. */
export interface RunReport extends Omit<StageReport, keyof RunOutcome>, RunOutcome {
  readonly runId: string;
  /** Files that miss lines because they could not be written. */
  readonly lostLines: readonly LostLines[];
  readonly stages: readonly StageReport[];
}

export interface QuarantinedFile extends RejectedItem {
  readonly samples: number;
}

export interface StageFacts {
  readonly stage: Stage;
  readonly entries: readonly JournalEntry[];
  readonly state: StageState;
  readonly outcome: Partial<RunOutcome>;
}

function meanLoss(commits: readonly CommitEntry[]): number | undefined {
  return commits.length === 0 ? undefined : commits.reduce((sum, { loss }) => sum + loss, 0) / commits.length;
}

export function describeStage({ stage, entries: allEntries, state, outcome }: StageFacts): StageReport {
  const { number, recipe, recipeHash, manifestHash, plan, rejected } = stage;
  const entries = entriesOfStage(allEntries, number);
  const commits = effectiveCommits(entries);
  const backends = new Map(entries.flatMap((entry) => (entry.type === 'worker' ? [[entry.worker, entry.backend] as const] : [])));
  return {
    stage: number,
    ...dropUndefined({ name: recipe.name }),
    recipeHash, manifestHash,
    task: recipe.task.name,
    model: recipe.model.name,
    seed: recipe.seed,
    steps: recipe.steps,
    ...dropUndefined({ init: recipe.init }),
    samples: verifyJournal(entries, plan, recipe.steps, recipe.batch.microbatches).samples,
    rejectedFiles: rejected,
    quarantinedFiles: listQuarantined(commits),
    ...outcome,
    loss: dropUndefined({ first: meanLoss(commits.slice(0, LOSS_STEPS)), last: meanLoss(commits.slice(-LOSS_STEPS)) }),
    ...dropUndefined({ phases: meanPhases(state), samplesPerSecond: speedOf(state) }),
    workers: [...backends].map(([id, backend]) => ({ id, backend, samples: state.samplesOf.get(id) ?? 0 })),
    rollbacks: entries.filter(({ type }) => type === 'rollback').length,
  };
}

export interface RunFacts {
  readonly runId: string;
  readonly name: string | undefined;
  /** Of all stages, the last one complete. */
  readonly stages: readonly StageReport[];
  readonly lostLines: readonly LostLines[];
}

/** The report of a run. Its own fields are the last stage's, so that digest and checkpoint are where they are in a run of one. */
export function joinReports({ runId, name, stages, lostLines }: RunFacts): RunReport {
  const last = stages.at(-1) as StageReport & RunOutcome;
  return { ...last, ...dropUndefined({ name }), runId, lostLines, stages };
}

function listQuarantined(commits: readonly CommitEntry[]): QuarantinedFile[] {
  const files = new Map<string, QuarantinedFile>();
  for (const { path, code, reason } of commits.flatMap(({ unusable }) => unusable)) {
    files.set(path, { path, code, reason, ...files.get(path), samples: (files.get(path)?.samples ?? 0) + 1 });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
