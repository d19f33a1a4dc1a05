// Computes the steps of a run again, from the nearest state that its folder gives up to the one that is asked about, compares each with the
// journal, and looks into the last one. Writes nothing into the folder.

import { forgetDistrusted, entriesOfStage, lastStage, committedStep, type CommitEntry, type JournalEntry, type StageEntry } from '../../coordinator/journal/entries.js';
import { readJournal } from '../../coordinator/journal/journal.js';
import { loadRun, type Stage } from '../../coordinator/run/prepare.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { createLog } from '../../shared/log/create-log.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { layoutOf } from '../../worker/bind-recipe.js';
import { buildParts, type TrainerParts } from '../../worker/compute/build-parts.js';
import { createTrainer } from '../../worker/compute/trainer.js';
import { createDataSource } from '../../worker/data/data-source.js';
import { chooseResources, measureMachine } from '../../worker/data/resources.js';
import { computeStep, type ComputedStep, type StepParts } from './compute-step.js';
import { findStart, type FoundStart } from './find-start.js';
import { createStepLook, findFirstFault, type FirstFault, type SeenStep } from './look-at-step.js';

export interface ReplayOptions {
  /** The run's folder. */
  readonly run: string;
  /** From 1. */
  readonly step: number;
  /** From 1. Default: the last one that has begun. */
  readonly stage?: number;
  /** Where the data are now; default: where the run had them. */
  readonly data?: string;
  readonly backend: string;
  readonly signal: AbortSignal;
  /** Called with a sentence about the progress. */
  readonly onProgress?: (what: string) => void;
}

/** What the journal has of the steps that were computed again. */
export interface Comparison {
  /** Kinds of the backends that the run was computed on. */
  readonly backends: readonly string[];
  /** False where they are not the one kind of this process: bits may differ then. */
  readonly isOneKind: boolean;
  /** Steps that the journal has, from the first to the last that were computed again. */
  readonly steps: readonly number[];
  /** The first of them whose gradient has another hash. */
  readonly difference?: { readonly step: number; readonly here: string; readonly journal: string };
}

export interface Replay extends SeenStep, Pick<ComputedStep, 'loss' | 'terms' | 'metrics' | 'weights' | 'gradient'> {
  readonly runId: string;
  readonly stage: number;
  readonly step: number;
  readonly steps: number;
  readonly backend: string;
  readonly start: Omit<FoundStart, 'state'>;
  readonly comparison: Comparison;
  readonly firstFault?: FirstFault;
}

interface ReplayedStage {
  readonly stage: Stage;
  readonly stages: readonly Stage[];
  readonly runId: string;
  readonly all: readonly JournalEntry[];
  readonly entries: readonly StageEntry[];
}

/** Throws PretextError NOT_FOUND, BAD_ARGUMENT for a step that the run has not reached, BAD_STATE, DATA_UNUSABLE, CANCELLED. */
export async function replayRun(options: ReplayOptions): Promise<Replay> {
  const replayed = await openStage(options);
  const { recipe, plan } = replayed.stage;
  const started = await backends[await chooseBackend(options.backend)].start();
  try {
    const parts = buildParts(recipe, plan.numInstances);
    const { layout } = parts;
    const start = await findStart(replayed.stage, { ...replayed, layout, layoutOf, journal: { entries: replayed.all } }, options.step - 1);
    const source = await createDataSource(recipe, {
      root: options.data ?? recipe.data.root, stage: replayed.stage.number, numInstances: plan.numInstances,
      resources: chooseResources(measureMachine()), log: createLog({ name: 'replay', level: 'warn' }),
    });
    const trainer = createTrainer(parts);
    try {
      trainer.load(start.state);
      const run = { recipe, plan, source, trainer, gradientLength: layout.gradientLength, signal: options.signal };
      return await replaySteps(replayed, { parts, start, run, backend: started.kind }, options);
    } finally {
      trainer.dispose();
      await source.dispose();
    }
  } finally {
    await started.dispose();
  }
}

async function openStage({ run, step, stage: number }: ReplayOptions): Promise<ReplayedStage> {
  const { stages, paths } = await loadRun(run);
  const { entries: all } = await readJournal(paths.journal);
  const [first] = all;
  const chosen = number ?? lastStage(all);
  const stage = stages[chosen - 1];
  const begun = all.find((entry) => entry.type === 'stage' && entry.stage === chosen);
  if (first?.type !== 'run' || stage === undefined || begun?.type !== 'stage') {
    throw new PretextError('BAD_ARGUMENT', `expected a stage that has begun, given --stage ${chosen}.`, { hint: `The run in "${run}" has ${stages.length === 1 ? 'one stage' : `${stages.length} stages`}.` });
  }
  if (begun.recipe !== stage.recipeHash || begun.manifest !== stage.manifestHash) {
    throw new PretextError('BAD_STATE', `Recipe or manifest in "${run}" are not those that stage ${chosen} began with.`, { hint: 'Put them back as they were.' });
  }
  const entries = entriesOfStage(all, chosen);
  const last = Math.min(committedStep(entries) + 1, stage.recipe.steps);
  if (step > last) {
    throw new PretextError('BAD_ARGUMENT', `expected a step that the run has made, or the one that it could not make: 1 to ${last}. Given --step ${step}.`, dropUndefined({ hint: stages.length > 1 ? 'Name another stage by --stage.' : undefined }));
  }
  return { stage, stages, runId: first.runId, all, entries };
}

/** The last commit of each step that nobody found wrong, rolled back or not: what it gave, and which samples counted. */
function listCommits(entries: readonly StageEntry[]): Map<number, CommitEntry> {
  const commits = new Map<number, CommitEntry>();
  for (const entry of entries) {
    if (entry.type === 'commit') commits.set(entry.step, entry);
    forgetDistrusted(commits, entry);
  }
  return commits;
}

interface Replaying {
  readonly parts: TrainerParts;
  readonly start: FoundStart;
  readonly run: StepParts;
  readonly backend: string;
}

async function replaySteps({ stage, runId, entries }: ReplayedStage, { parts, start, run, backend }: Replaying, options: ReplayOptions): Promise<Replay> {
  const { step: last, onProgress } = options;
  const commits = listCommits(entries);
  const compared: number[] = [];
  let difference: Comparison['difference'];

  async function replayOne(step: number, onMicrobatch?: Parameters<typeof computeStep>[2]): Promise<ComputedStep> {
    onProgress?.(`step ${step}, up to step ${last}`);
    const commit = commits.get(step);
    const computed = await computeStep(run, { step, known: commit?.unusable ?? [] }, onMicrobatch);
    if (!commit) return computed;
    throwOnLost(step, commit, computed);
    compared.push(step);
    if (computed.gradient !== commit.gradient) difference ??= { step, here: computed.gradient, journal: commit.gradient };
    return computed;
  }

  for (let step = start.step + 1; step < last; step++) {
    const { sum, weights } = await replayOne(step);
    run.trainer.update({ step, gradientSum: sum, weights });
  }
  const state = new Float32Array(parts.layout.stateLength);
  await run.trainer.save(state);
  const look = createStepLook(parts, run.trainer, state);
  try {
    const computed = await replayOne(last, look.onMicrobatch);
    const { loss, terms, metrics, weights, gradient } = computed;
    const seen = look.result(computed);
    const kinds = [...new Set(entries.flatMap((entry) => (entry.type === 'worker' ? [entry.backend] : [])))];
    return {
      runId, stage: stage.number, step: last, steps: stage.recipe.steps, backend,
      start: { step: start.step, from: start.from, rejected: start.rejected },
      comparison: { backends: kinds, isOneKind: kinds.every((kind) => kind === backend), steps: compared, ...dropUndefined({ difference }) },
      loss, terms, metrics, weights, gradient, ...seen, ...dropUndefined({ firstFault: findFirstFault(seen, terms) }),
    };
  } finally {
    look.dispose();
  }
}

/** A sample that counted and cannot be used now: no step after it could be the run's. */
function throwOnLost(step: number, commit: CommitEntry, { unusable }: ComputedStep): void {
  const before = new Set(commit.unusable.map(({ position }) => position));
  const lost = unusable.find(({ position }) => !before.has(position));
  if (lost === undefined) return;
  throw new PretextError('DATA_UNUSABLE', `Step ${step} counted a sample of "${lost.path}", which cannot be used now: ${lost.reason}`, {
    hint: 'Put the data back as they were; --data names another folder that has them.',
  });
}
