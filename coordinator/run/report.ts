// report.json: what a run was, what it counted, what it took, where its result is.

import type { RejectedItem } from '../../shared/datasets/dataset.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import type { RunOutcome } from '../controller.js';
import { effectiveCommits, entriesOfStage, type CommitEntry, type JournalEntry } from '../journal/entries.js';
import { verifyJournal, type SampleCounts } from '../journal/verify.js';
import type { LostLines } from './lost-lines.js';
import { meanLoss } from './mean-loss.js';
import type { Stage } from './prepare.js';
import { listFiles, type QuarantinedFile } from './unusable.js';
import { learningOf, LOSS_STEPS, meanPhases, speedOf, type AuditState, type Learning, type PhaseMeans, type StageState } from './state.js';

/** What one stage was and came to. Its verdict is absent when this coordinator ran too few of its steps to tell. */
export interface StageReport extends Learning {
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
  /** Means over the samples of the first and the last five steps; null where none of them could be used. */
  readonly loss: { readonly first?: number | null; readonly last?: number | null };
  /** Milliseconds of a step, mean over workers and steps; absent when this coordinator ran none. */
  readonly phases?: PhaseMeans;
  readonly samplesPerSecond?: number;
  readonly workers: readonly { readonly id: string; readonly backend: string; readonly samples: number }[];
  readonly rollbacks: number;
  /** What audits have come to, where the recipe asks for them. */
  readonly audit?: AuditState;
}

/** The run: what the last stage came to, and every stage. */
export interface RunReport extends Omit<StageReport, keyof RunOutcome>, RunOutcome {
  readonly runId: string;
  /** Files that miss lines because they could not be written. */
  readonly lostLines: readonly LostLines[];
  readonly stages: readonly StageReport[];
}

export interface StageFacts {
  readonly stage: Stage;
  readonly entries: readonly JournalEntry[];
  readonly state: StageState;
  readonly outcome: Partial<RunOutcome>;
}

function lossOfSteps(commits: readonly CommitEntry[]): number | null | undefined {
  return meanLoss(commits.map(({ loss, weights }) => ({ loss, weight: weights['samples'] ?? 0 })));
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
    task: nameTasks(recipe),
    model: recipe.model.name,
    seed: recipe.seed,
    steps: recipe.steps,
    ...dropUndefined({ init: recipe.init }),
    samples: verifyJournal(entries, plan, recipe.steps, recipe.batch.microbatches).samples,
    rejectedFiles: rejected,
    quarantinedFiles: listFiles(commits.flatMap(({ unusable }) => unusable)),
    ...outcome,
    loss: dropUndefined({ first: lossOfSteps(commits.slice(0, LOSS_STEPS)), last: lossOfSteps(commits.slice(-LOSS_STEPS)) }),
    ...dropUndefined({ phases: meanPhases(state), samplesPerSecond: speedOf(state) }),
    workers: [...backends].map(([id, backend]) => ({ id, backend, samples: state.samplesOf.get(id) ?? 0 })),
    rollbacks: entries.filter(({ type }) => type === 'rollback').length,
    ...(recipe.exchange.audit > 0 ? { audit: state.audit } : {}),
    ...learningOf(state),
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
  // A run without a name is not called by its last stage's.
  return { ...dropUndefined({ ...stages.at(-1), name }), runId, lostLines, stages } as RunReport;
}
