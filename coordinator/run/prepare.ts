// The stages of a run before the first step: from a recipe and folders of data to a folder with recipe and manifests, and back.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Item, Listing, RejectedItem } from '../../shared/datasets/dataset.js';
import { describeListing, findProblems } from '../../shared/datasets/describe-listing.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Learnt } from '../../shared/learning.js';
import type { Registries } from '../../shared/recipe/complete.js';
import { formatRecipe } from '../../shared/recipe/format.js';
import { hashStages } from '../../shared/recipe/hash.js';
import { parseRecipe } from '../../shared/recipe/parse.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunRecipe } from '../../shared/recipe/stages.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import type { Layout } from '../../shared/state/layout.js';
import { createEpochPlan, type EpochPlan } from '../plan/epoch-plan.js';
import type { Trial } from '../replicas/second-opinion.js';
import type { ResultNames } from '../step/check-computed.js';
import { completeStage, createLister, type FitRecipe, type Lister } from './complete-stage.js';
import type { RunEvent } from './events.js';
import { pathsOf, stagePathsOf, type RunPaths, type StagePaths } from './folder.js';
import { checkInit, nameInitFile } from './initial-state.js';
import { hashManifest, readManifest, writeManifest } from './manifest.js';
import { chooseTrained } from './name-classes.js';

/** What the state of a (complete) recipe is made of, for so many items to train on. */
export type LayoutOf = (recipe: Recipe, numInstances: number) => Layout;

/** Tries samples of a recipe's data that workers could not use. */
export type CreateTrial = (recipe: Recipe, numInstances: number) => Trial;

/** What its results are measured by. */
export type NamesOf = (recipe: Recipe, numInstances: number) => ResultNames;

/** What is known beforehand of what it learns. */
export type LearntOf = (recipe: Recipe, numInstances: number) => Learnt;

/** A stage of a run: what it trains on what, and where its files are. */
export interface Stage {
  /** Counted from 1. */
  readonly number: number;
  readonly recipe: Recipe;
  readonly recipeHash: string;
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedItem[];
  readonly manifestHash: string;
  readonly plan: EpochPlan;
  readonly paths: StagePaths;
}

export interface PreparedRun {
  readonly recipe: RunRecipe;
  readonly stages: readonly Stage[];
}

function toStages(folder: string, recipe: RunRecipe, listings: readonly Listing[]): PreparedRun {
  const hashes = hashStages(recipe);
  const stages = recipe.stages.map((stage, index): Stage => {
    const { items, rejected, pixels } = listings[index]!;
    return {
      number: index + 1, recipe: stage, recipeHash: hashes[index]!, items, rejected,
      manifestHash: hashManifest(items, { pixels, classes: stage.data.classes, labelKind: stage.data.labelKind }), plan: planOf(stage, items), paths: stagePathsOf(folder, index + 1),
    };
  });
  return { recipe, stages };
}

/** Which samples each step of a complete recipe has. */
export function planOf(recipe: Recipe, items: readonly Item[]): EpochPlan {
  const { microbatches, microbatchSize } = recipe.batch;
  const { items: trained, ...labels } = chooseTrained(recipe, items);
  return createEpochPlan(trained, {
    seed: recipe.seed, microbatches, microbatchSize, clipsPerVideo: recipe.data.clipsPerVideo, ...dropUndefined({ firstEpoch: recipe.data.firstEpoch }), ...labels,
  });
}

/** Recipe and manifests of a run on disk, and the plans that they give. */
export async function readRun(paths: RunPaths): Promise<PreparedRun> {
  const { recipe } = parseRecipe(await readFile(paths.recipe, 'utf8'), { file: paths.recipe });
  const listings = await Promise.all(recipe.stages.map((_stage, index) => readManifest(stagePathsOf(paths.folder, index + 1).manifest)));
  return toStages(paths.folder, recipe, listings);
}

/** The run in a folder that a user names. Throws PretextError NOT_FOUND when it holds none. */
export async function loadRun(folder: string): Promise<PreparedRun & { readonly paths: RunPaths }> {
  const paths = pathsOf(resolve(folder));
  const run = await readRun(paths).catch((cause: unknown) => {
    if (cause instanceof PretextError) throw cause;
    throw new PretextError('NOT_FOUND', `"${folder}" is not the folder of a run.`, { hint: 'Give the folder that `pretext run` printed, such as runs/NAME.', cause });
  });
  return { ...run, paths };
}

export interface CreateRunOptions {
  readonly recipe: RunRecipe;
  readonly registries: Registries;
  readonly layoutOf: LayoutOf;
  /** Fills in what the data decide besides; where it is given. */
  readonly fit?: FitRecipe | undefined;
  /** Lists data; one that knows some already spares doing so again. */
  readonly list?: Lister | undefined;
  readonly onListing?: ((done: number, total: number) => void) | undefined;
  readonly signal: AbortSignal;
  emit(event: RunEvent): void;
}

/** Lists the data of every stage, fills in what the data decide, and writes recipe and manifests. */
export async function createRun(paths: RunPaths, options: CreateRunOptions): Promise<PreparedRun> {
  // Of a run that did not begin, in the same folder.
  for (const path of [paths.metrics, paths.quarantine, paths.looks]) await rm(path, { force: true });
  const list = options.list ?? createLister(options);
  const recipes: Recipe[] = [];
  const listings: Listing[] = [];
  for (const [index, given] of options.recipe.stages.entries()) {
    const { listing, recipe } = await prepareStage(given, index + 1, list, options);
    const { manifest } = stagePathsOf(paths.folder, index + 1);
    await mkdir(dirname(manifest), { recursive: true });
    await writeManifest(manifest, listing);
    recipes.push(recipe);
    listings.push(listing);
  }
  const recipe = { ...options.recipe, stages: recipes };
  const prepared = toStages(paths.folder, recipe, listings);
  await checkStages(prepared.stages, options.layoutOf);
  await writeFile(paths.recipe, formatRecipe(recipe));
  return prepared;
}

/** A task, a model and data that do not go together are found out before anything is written that a run could go on with. */
async function checkStages(stages: readonly Stage[], layoutOf: LayoutOf): Promise<void> {
  const layouts = stages.map(({ recipe, plan }) => layoutOf(recipe, plan.numInstances));
  for (const [index, { recipe }] of stages.entries()) await checkInit(recipe, layouts[index]!, layouts[index - 1]);
}

async function prepareStage(given: Recipe, number: number, list: Lister, { emit, registries, signal, fit }: CreateRunOptions): Promise<{ listing: Listing; recipe: Recipe }> {
  const { recipe, listing, notes } = await completeStage(given, {
    registries, list, signal, fit,
    onListed(recipe, survey) {
      const { items, rejected } = survey;
      const numTrain = items.filter(({ split }) => split === 'train').length;
      emit({
        type: 'listed', stage: number, root: recipe.data.root, source: recipe.data.source, task: nameTasks(recipe), train: numTrain, test: items.length - numTrain, rejected,
        lines: describeListing(survey), problems: findProblems(survey),
      });
    },
  });
  if (notes.length > 0) emit({ type: 'resolved', stage: number, notes });
  return { listing, recipe: await nameInitFile(recipe) };
}
