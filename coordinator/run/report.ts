// report.json: what a run was, what it counted, what it took, where its result is.

import type { RejectedItem } from '../../shared/datasets/dataset.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunOutcome } from '../controller.js';
import { effectiveCommits, type CommitEntry, type JournalEntry } from '../journal/entries.js';
import { verifyJournal, type SampleCounts } from '../journal/verify.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import type { LostLines } from './lost-lines.js';
import { LOSS_STEPS, meanPhases, speedOf, type PhaseMeans, type StageState } from './state.js';

export interface RunReport {
  readonly name?: string;
  readonly runId: string;
  readonly recipeHash: string;
  readonly manifestHash: string;
  readonly task: string;
  readonly model: string;
  readonly seed: number;
  readonly steps: number;
  readonly samples: SampleCounts;
  /** Files that the listing already found unusable. */
  readonly rejectedFiles: readonly RejectedItem[];
  /** Files whose samples were quarantined, each with the first reason. */
  readonly quarantinedFiles: readonly QuarantinedFile[];
  /** SHA-256 of the final parameters. */
  readonly digest: string;
  readonly checkpoint: string;
  /** Means over the first and the last five steps. */
  readonly loss: { readonly first?: number; readonly last?: number };
  /** Milliseconds of a step, mean over workers and steps; absent when this coordinator ran none. */
  readonly phases?: PhaseMeans;
  readonly samplesPerSecond?: number;
  readonly workers: readonly { readonly id: string; readonly backend: string; readonly samples: number }[];
  readonly rollbacks: number;
  /** Files that miss lines because they could not be written. */
  readonly lostLines: readonly LostLines[];
}

export interface QuarantinedFile extends RejectedItem {
  readonly samples: number;
}

export interface ReportFacts {
  readonly runId: string;
  readonly recipe: Recipe;
  readonly recipeHash: string;
  readonly manifestHash: string;
  readonly plan: EpochPlan;
  readonly entries: readonly JournalEntry[];
  readonly stage: StageState;
  readonly outcome: RunOutcome;
  readonly rejected: readonly RejectedItem[];
  readonly lostLines: readonly LostLines[];
}

function meanLoss(commits: readonly CommitEntry[]): number | undefined {
  return commits.length === 0 ? undefined : commits.reduce((sum, { loss }) => sum + loss, 0) / commits.length;
}

export function createReport({ runId, recipe, recipeHash, manifestHash, plan, entries, stage, outcome, rejected, lostLines }: ReportFacts): RunReport {
  const commits = effectiveCommits(entries);
  const backends = new Map(entries.flatMap((entry) => (entry.type === 'worker' ? [[entry.worker, entry.backend] as const] : [])));
  return {
    runId, recipeHash, manifestHash,
    task: recipe.task.name,
    model: recipe.model.name,
    seed: recipe.seed,
    steps: recipe.steps,
    samples: verifyJournal(entries, plan, recipe.steps, recipe.batch.microbatches).samples,
    rejectedFiles: rejected,
    quarantinedFiles: listQuarantined(commits),
    digest: outcome.digest,
    checkpoint: outcome.checkpoint,
    loss: dropUndefined({ first: meanLoss(commits.slice(0, LOSS_STEPS)), last: meanLoss(commits.slice(-LOSS_STEPS)) }),
    ...dropUndefined({ name: recipe.name, phases: meanPhases(stage), samplesPerSecond: speedOf(stage) }),
    workers: [...backends].map(([id, backend]) => ({ id, backend, samples: stage.samplesOf.get(id) ?? 0 })),
    rollbacks: entries.filter(({ type }) => type === 'rollback').length,
    lostLines,
  };
}

function listQuarantined(commits: readonly CommitEntry[]): QuarantinedFile[] {
  const files = new Map<string, QuarantinedFile>();
  for (const { path, code, reason } of commits.flatMap(({ unusable }) => unusable)) {
    files.set(path, { path, code, reason, ...files.get(path), samples: (files.get(path)?.samples ?? 0) + 1 });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
