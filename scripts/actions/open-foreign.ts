// Weights of another library, opened as if a checkpoint of a run: which model they are of is known by their names and shapes. No run made
// them, so the rest of their recipe is what such weights were trained with, by default.

import { recognise } from '../../shared/checkpoint/foreign/index.js';
import { suggestModel, type SuggestedModel } from '../../shared/checkpoint/foreign/suggest-model.js';
import { throwOnUnknownNames } from '../../shared/checkpoint/foreign/translate.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { NamedShape } from '../../shared/checkpoint/foreign/convention.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import type { OpenedCheckpoint } from './open-checkpoint.js';

const SIDE = 224;
const SMALL_SIDE = 32;

/** Of the pictures that such a model was made for. */
function sideOf({ options }: SuggestedModel): number {
  const { patch, learntGrid, stem } = options;
  if (typeof patch === 'number' && typeof learntGrid === 'number') return patch * learntGrid;
  return stem === 'small' ? SMALL_SIDE : SIDE;
}

/** The shorter side is an eighth larger than the middle of it that is seen: 256 for 224. */
const shortSideOf = (side: number): number => Math.round((side * 8) / 7);

/** Throws PretextError BAD_STATE for names of nobody that is known, and for a model that there is not. */
export function openForeign(path: string, arrays: readonly NamedShape[]): OpenedCheckpoint {
  const names = arrays.map(({ name }) => name);
  const convention = recognise(names) ?? throwOnUnknownNames(path, names);
  const model = suggestModel(arrays);
  if (!model) {
    throw new PretextError('BAD_STATE', `"${path}" has the names of ${convention.name}, of a model that is not here.`, { hint: 'Expected ResNet-18, 34 or 50, or a ViT.' });
  }
  const side = sideOf(model);
  const recipe = readRecipe({ data: { root: '.', side, shortSide: shortSideOf(side) }, task: { name: 'rotation' }, model });
  return { path, recipe, convention: convention.name, provenance: { run: '', stage: 1, step: 0, recipeHash: '', dataHash: '', recipe } };
}
