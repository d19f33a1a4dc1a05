// A trunk to begin from, as a user names it: a run, a checkpoint, or weights with the names of another library, which say their model by shapes.

import { statSync } from 'node:fs';
import { recognise } from '../../shared/checkpoint/foreign/index.js';
import { suggestModel, type SuggestedModel } from '../../shared/checkpoint/foreign/suggest-model.js';
import { throwOnUnknownNames } from '../../shared/checkpoint/foreign/translate.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { readSafetensors } from '../../shared/tensors/safetensors.js';
import { openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.js';

export interface OpenedTrunk {
  readonly path: string;
  readonly model: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  /** Sizes and pixels that it has learnt to see by. */
  readonly data: Partial<Recipe['data']>;
  /** What made it, in words. */
  readonly origin: string;
}

/** What the weights of other libraries were trained at. */
const USUAL_SIDE = 224;
const ROOM = 256 / 224;

/** Throws PretextError NOT_FOUND, and BAD_STATE for a file of no model that is known. */
export async function openTrunk(runOrFile: string): Promise<OpenedTrunk> {
  if (statSync(runOrFile, { throwIfNoEntry: false })?.isFile() !== true) return describe(await openCheckpoint(runOrFile));
  const { metadata, tensors } = await readSafetensors(runOrFile, () => true);
  if (metadata['stageRecipe'] !== undefined) return describe(await openCheckpoint(runOrFile));
  const names = tensors.map(({ name }) => name);
  const convention = recognise(names) ?? throwOnUnknownNames(runOrFile, names);
  const model = suggestModel(tensors);
  // Names of a library, of none of the models: what it says then is right here too.
  if (!model) return describe(await openCheckpoint(runOrFile));
  return { path: runOrFile, model, data: sizesOf(model), origin: `names of ${convention.name}` };
}

/** A transformer with learnt positions takes pictures of one size. */
function sizesOf({ options: { learntGrid, patch } }: SuggestedModel): Partial<Recipe['data']> {
  const side = typeof learntGrid === 'number' && typeof patch === 'number' ? learntGrid * patch : USUAL_SIDE;
  return { side, shortSide: Math.round(ROOM * side) };
}

function describe({ path, recipe, provenance: { stage, step } }: OpenedCheckpoint): OpenedTrunk {
  const { channels, range, mean, deviation, side, shortSide, fps, segmentS } = recipe.data;
  return { path, model: recipe.model, data: { channels, range, ...(mean && { mean }), ...(deviation && { deviation }), side, shortSide, fps, segmentS }, origin: `${nameTasks(recipe)}, step ${step} of stage ${stage}` };
}
