// A stage from its first moment: its entry in the journal, the state that it begins from, the controller that drives it.

import type { Logger } from 'pino';
import { hashFile } from '../../shared/checkpoint/hash-file.js';
import { provenanceMetadata } from '../../shared/checkpoint/provenance.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { playersOf } from '../../shared/state/layout.js';
import { toWireLayout } from '../../shared/state/wire.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { digestsOfCheckpoint } from '../checkpoints/checkpoint-digest.js';
import { checkpointPath, describeForeign, writeCheckpoint, type RunMetadata } from '../checkpoints/checkpoints.js';
import { createController, type Controller, type RunOutcome } from '../controller.js';
import { checkpointHashes, committedStep, entriesOfStage, type JournalEntry } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import { journalOfStage } from '../journal/stage-journal.js';
import type { RunEvent } from './events.js';
import { hasInit, makeInitialState, type InitialState } from './initial-state.js';
import type { CreateTrial, LayoutOf, NamesOf, Stage } from './prepare.js';

export interface StageContext {
  readonly runId: string;
  readonly stages: readonly Stage[];
  readonly journal: Journal;
  readonly layoutOf: LayoutOf;
  readonly namesOf: NamesOf;
  readonly createTrial?: CreateTrial;
  readonly log: Logger;
  readonly graceMs: number;
  /** Names and sessions of workers that audits found to be wrong. */
  readonly shutOut: Set<string>;
  readonly heartbeatMs: number;
  /** Whether an operator has paused the run. */
  readonly pause: { isPaused: boolean };
  emit(event: RunEvent): void;
}

/** What the state that a stage begins from is made by. */
export interface FirstContext extends Pick<StageContext, 'stages' | 'layoutOf'> {
  readonly journal: Pick<Journal, 'entries'>;
}

export interface OpenStage {
  readonly stage: Stage;
  readonly controller: Controller;
}

/** Begins a stage, or goes on with it. */
export async function openStage(number: number, context: StageContext): Promise<OpenStage> {
  const stage = context.stages[number - 1]!;
  const { journal, stages, emit } = context;
  if (!hasBegun(stage, journal)) await beginStage(stage, context);
  const committed = committedStep(journalOfStage(journal, number).entries);
  emit({ type: 'stageBegan', stage: number, stages: stages.length, task: nameTasks(stage.recipe), steps: stage.recipe.steps, committed });
  const controller = createStageController(stage, context);
  controller.operations.setPaused(context.pause.isPaused);
  return { stage, controller };
}

function hasBegun({ number }: Stage, { entries }: Journal): boolean {
  return entries.some((entry) => entry.type === 'stage' && entry.stage === number);
}

/** The state and its hash first: a stage that is in the journal has what it begins from on disk. */
async function beginStage(stage: Stage, context: StageContext): Promise<void> {
  const { number, recipe, recipeHash, manifestHash } = stage;
  const sha256 = hasInit(recipe) ? await writeInitialState(stage, context) : undefined;
  if (sha256 !== undefined) await context.journal.append({ type: 'checkpoint', stage: number, step: 0, sha256 });
  const init = recipe.init === undefined ? {} : { init: recipe.init };
  await context.journal.append({ type: 'stage', stage: number, recipe: recipeHash, manifest: manifestHash, steps: recipe.steps, ...init });
}

/** Returns the hash of the state. */
async function writeInitialState(stage: Stage, context: StageContext): Promise<string> {
  const { number, recipe, plan, paths } = stage;
  const { state, report, from } = await makeFirst(stage, context);
  await writeCheckpoint({
    folder: paths.checkpoints, step: 0, layout: toWireLayout(context.layoutOf(recipe, plan.numInstances)), state, metadata: metadataOf(stage, context), keep: recipe.checkpoint.keep,
  });
  context.emit({ type: 'trunkTaken', stage: number, from, report });
  return digestOf(state);
}

/** The state that a stage begins from, where the seed does not give it. Throws PretextError BAD_STATE where what it comes from has changed. */
export async function makeFirst({ number, recipe, plan }: Stage, context: FirstContext): Promise<InitialState & { readonly from: string }> {
  const before = context.stages[number - 2];
  const { from: given, sha256 } = recipe.init!;
  const from = given === 'stage' ? checkpointPath(before!.paths.checkpoints, before!.recipe.steps) : given;
  const isAsItWas = given === 'stage'
    ? (await findResult(before!, context.journal.entries)) !== undefined
    : sha256 === undefined || sha256 === await hashFile(from).catch(() => undefined);
  if (!isAsItWas) throw new PretextError('BAD_STATE', `"${from}", which stage ${number} begins from, is missing or not what it was.`, { hint: 'Put it back as it was.' });
  return { ...await makeInitialState(recipe, context.layoutOf(recipe, plan.numInstances), from), from };
}

const metadataOf = ({ number, recipeHash, manifestHash, recipe }: Stage, { runId }: StageContext): RunMetadata =>
  provenanceMetadata(recipe, { run: runId, stage: number, recipeHash, dataHash: manifestHash });

function createStageController(stage: Stage, context: StageContext): Controller {
  const { number, recipe, plan, paths } = stage;
  const { runId, journal, log, graceMs, heartbeatMs, shutOut } = context;
  const layout = context.layoutOf(recipe, plan.numInstances);
  return createController({
    runId, recipe, plan, log, graceMs, heartbeatMs, shutOut,
    stage: number,
    hasInit: hasInit(recipe),
    makeFirst: hasInit(recipe) ? async () => (await makeFirst(stage, context)).state : undefined,
    layout: toWireLayout(layout),
    players: playersOf(layout),
    names: context.namesOf(recipe, plan.numInstances),
    ...dropUndefined({ trial: context.createTrial?.(recipe, plan.numInstances) }),
    journal: journalOfStage(journal, number),
    steps: recipe.steps,
    microbatches: recipe.batch.microbatches,
    lookaheadSteps: recipe.exchange.lookaheadSteps,
    chunkBytes: recipe.exchange.chunkBytes,
    audit: recipe.exchange.audit,
    strict: recipe.exchange.strict,
    checkpointEverySteps: recipe.checkpoint.everySteps,
    lookEverySteps: recipe.evaluate.everySteps,
    checkpointKeep: recipe.checkpoint.keep,
    digestEverySteps: recipe.digest.everySteps,
    maxUnusable: recipe.data.maxUnusable,
    checkpoints: paths.checkpoints,
    metadata: metadataOf(stage, context),
    now: () => performance.now(),
    emit: (event) => context.emit({ ...event, stage: number }),
  });
}

/** The result of a stage whose last step is committed and saved, and whose checkpoint is what the journal says. */
export async function findResult({ recipe, paths, number }: Stage, journal: readonly JournalEntry[]): Promise<RunOutcome | undefined> {
  const [first] = journal;
  const entries = entriesOfStage(journal, number);
  if (first?.type !== 'run' || committedStep(entries) < recipe.steps) return undefined;
  const checkpoint = checkpointPath(paths.checkpoints, recipe.steps);
  const digests = await digestsOfCheckpoint(checkpoint).catch(() => undefined);
  const mark = { run: first.runId, stage: String(number), step: String(recipe.steps) };
  return digests && digests.state === checkpointHashes(entries).get(recipe.steps) && describeForeign(digests.metadata, mark) === undefined ? { checkpoint, digest: digests.values } : undefined;
}
