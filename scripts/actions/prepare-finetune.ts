// From a trunk and a folder with labels to the recipe that fine-tunes the one on the other: opens the checkpoint, lists the data, plans.
// Trains nothing and writes nothing.

import { stringify } from 'yaml';
import { completeStage, createLister, type Lister } from '../../coordinator/run/complete-stage.js';
import { chooseTrained } from '../../coordinator/run/name-classes.js';
import { planOf } from '../../coordinator/run/prepare.js';
import type { Item } from '../../shared/datasets/dataset.js';
import type { Override } from '../../shared/recipe/overrides.js';
import { parseRecipe, type ParsedRecipe } from '../../shared/recipe/parse.js';
import { mergePlain, type PlainMap } from '../../shared/recipe/plain.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { StateSpec } from '../../shared/state/spec.js';
import { bindRecipe } from '../../worker/bind-recipe.js';
import { registries } from '../../worker/registries.js';
import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { describePlan } from '../finetune/describe-plan.js';
import { planFineTune, type FineTuneChoices } from '../finetune/plan.js';
import { chooseBatch, describeShared, type Batch } from '../finetune/recipe.js';
import { openTrunk, type OpenedTrunk } from './open-trunk.js';

export interface DraftOptions {
  /** Folder. */
  readonly data: string;
  /** Run or checkpoint that the trunk begins from, by its name or as it was opened before. */
  readonly init?: string | OpenedTrunk | undefined;
  /** True to take of it the model, sizes and pixels alone. */
  readonly isScratch?: boolean | undefined;
  readonly task?: string | undefined;
  readonly seed: number;
  readonly labelShare?: number | undefined;
  readonly sets?: readonly Override[] | undefined;
  readonly signal: AbortSignal;
  readonly onListing?: ((done: number, total: number) => void) | undefined;
  /** Has listed the data before. */
  readonly list?: Lister | undefined;
}

export interface FineTuneOptions extends FineTuneChoices, DraftOptions {}

/** What there is to learn from and to measure on. */
export interface LabelFacts {
  readonly numLabels: number;
  readonly numClasses: number;
  readonly numHeldOut: number;
  /** Accuracy of whoever knows how frequent classes are. */
  readonly chance: number;
}

/** What a recipe for a trunk and data begins with, once both are looked at. */
export interface Draft {
  readonly opened: OpenedTrunk | undefined;
  /** What all stages share, as a file would hold it. */
  readonly shared: PlainMap;
  /** The same, complete. */
  readonly recipe: Recipe;
  readonly items: readonly Item[];
  readonly list: Lister;
  /** Arrays of the trunk, in the order of the forward pass. */
  readonly trunk: readonly StateSpec[];
  readonly samplesPerEpoch: number;
  readonly batch: Batch;
  /** Path of the checkpoint that the trunk begins from. */
  readonly init: string | undefined;
}

export interface PreparedFineTune extends ParsedRecipe {
  /** What was chosen, in words. */
  readonly lines: readonly string[];
  readonly labels: LabelFacts;
  /** For the run: it need not list the data again. */
  readonly list: Lister;
}

/** Frames of a clip that are averaged, where nobody says how many. */
const FRAMES = 4;

/** Throws PretextError where checkpoint, data and task do not go together. */
export async function draftFineTune(options: DraftOptions): Promise<Draft> {
  const { data: root, seed, task = 'classify', labelShare, sets = [], signal } = options;
  const opened = typeof options.init === 'string' ? await openTrunk(options.init) : options.init;
  const shared = describeShared({ root, seed, task, labelShare, from: opened });
  const list = options.list ?? createLister(options);
  const drafted = parseRecipe(stringify(shared), { file: FILE, overrides: sets.filter(({ path }) => !PLANNED.has(path[0]!)) });
  const { recipe, listing: { items } } = await completeStage(drafted.recipe.stages[0]!, { registries, list, signal });
  const trunk = listTrunk(recipe);
  const { samplesPerEpoch } = planOf(recipe, items);
  const batch = sets.some(({ path }) => path[0] === 'batch') ? recipe.batch : chooseBatch(samplesPerEpoch, trunk.some(({ kind }) => kind === 'statistic'));
  return {
    opened, recipe, items, list, trunk, samplesPerEpoch, batch, init: options.isScratch === true ? undefined : opened?.path,
    shared: { ...mergePlain(shared, { task: { options: taskOptions(recipe, items) } }), batch },
  };
}

/** Throws PretextError where a run could not start. */
export async function prepareFineTune(options: FineTuneOptions): Promise<PreparedFineTune> {
  const { opened, shared, recipe: draft, items, list, trunk, samplesPerEpoch, batch, init } = await draftFineTune(options);
  const stages = planFineTune(options, { trunk, samplesPerEpoch, samplesPerStep: batch.microbatches * batch.microbatchSize, init });
  const parsed = parsePlan({ ...shared, stages }, options.sets);
  return { ...parsed, list, labels: countLabels(draft, items), lines: describePlan({ stages: parsed.recipe.stages, draft, items, samplesPerEpoch, opened }) };
}

/** A recipe as a file would hold it, with what the user changes. */
export const parsePlan = (plan: PlainMap, overrides: readonly Override[] = []): ParsedRecipe =>
  parseRecipe(stringify(plan, { aliasDuplicateObjects: false }), { file: FILE, overrides });

/** Keys that the plan gives: what changes them would change others before. */
const PLANNED = new Set(['stages', 'optimizer']);

/** Names the plan in errors. */
const FILE = 'finetune';

const listTrunk = (recipe: Recipe): readonly StateSpec[] => bindRecipe(recipe).layout.entries.filter(({ name }) => name.startsWith(TRUNK));

function countLabels(recipe: Recipe, items: readonly Item[]): LabelFacts {
  const { classes = [], chance } = recipe.data;
  const numHeldOut = items.filter(({ split, label }) => split === 'test' && label !== undefined && classes.includes(label)).length;
  return { numLabels: chooseTrained(recipe, items).labels?.size ?? 0, numClasses: classes.length, numHeldOut, chance: chance?.['accuracy'] ?? 1 / classes.length };
}

/** A picture of a clip says less than a few of them. */
function taskOptions({ task: { name } }: Recipe, items: readonly Item[]): object {
  return name === 'classify' && items[0]?.kind === 'video' ? { frames: FRAMES } : {};
}
