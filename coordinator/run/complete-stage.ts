// From a stage's recipe and its folder of data to what a run would train on: the data listed, and the recipe with all that they decide. Writes nothing.

import { resolve } from 'node:path';
import type { Item, Listing, Survey } from '../../shared/datasets/dataset.js';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { sourceKinds, type SourceName } from '../../shared/datasets/kinds.js';
import { resolvePixels } from '../../shared/datasets/pictures/resolve-pixels.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { completeRecipe, resolveTask, type Registries } from '../../shared/recipe/complete.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { nameClasses } from './name-classes.js';

export type Lister = (recipe: Recipe, source: SourceName) => Promise<Survey>;

interface ListerOptions {
  readonly signal: AbortSignal;
  readonly onListing?: ((done: number, total: number) => void) | undefined;
}

/** Stages of the same data list them once. */
export function createLister({ signal, onListing }: ListerOptions): Lister {
  const known = new Map<string, Promise<Survey>>();
  return ({ data: { root, holdout, links, list }, seed }, source) => {
    const key = JSON.stringify([root, source, holdout, links, list, seed]);
    const listed = known.get(key) ?? sources[source].list(root, { holdout, links, list, seed, signal, ...dropUndefined({ onProgress: onListing }) });
    known.set(key, listed);
    return listed;
  };
}

/** Chooses sizes by the data, and says which, in sentences. What it gives is completed again. */
export type FitRecipe = (recipe: Recipe, items: readonly Item[]) => { readonly recipe: Recipe; readonly notes: readonly string[] };

export interface CompleteOptions {
  readonly registries: Registries;
  readonly list: Lister;
  readonly signal: AbortSignal;
  readonly fit?: FitRecipe | undefined;
  /** Told of the data before anything about them can be refused. The recipe's source and task have their names. */
  readonly onListed?: (recipe: Recipe, survey: Survey) => void;
}

export interface CompletedStage {
  readonly recipe: Recipe;
  readonly listing: Listing;
  /** What was found out and chosen, in sentences. */
  readonly notes: readonly string[];
}

/** Throws PretextError BAD_RECIPE where recipe and data do not go together, DATA_EMPTY where there is nothing to train on. */
export async function completeStage(given: Recipe, { registries, list, signal, fit, onListed }: CompleteOptions): Promise<CompletedStage> {
  const root = resolve(given.data.root);
  const source = given.data.source === 'auto' ? await detectSource(root, given.data) : given.data.source;
  const first = completeRecipe(resolveTask({ ...given, data: { ...given.data, root, source } }, sourceKinds[source], registries.task), registries);
  const survey = await list(first, source);
  const { items, rejected } = survey;
  onListed?.(first, survey);
  if (!items.some(({ split }) => split === 'train')) {
    throw new PretextError('DATA_EMPTY', `"${root}" has nothing to train on: ${items.length} usable files, ${rejected.length} unusable.`, {
      hint: 'Give a folder with images or videos by --data; ffprobe or the log says what is wrong with the others.',
    });
  }
  const named = nameClasses(first, survey, registries.task);
  const fitted = fit?.(named, items);
  const complete = fitted ? completeRecipe(fitted.recipe, registries) : named;
  const { keys, facts, notes } = await resolvePixels(complete.data, { root, items, signal });
  return {
    recipe: { ...complete, data: { ...complete.data, ...keys } },
    listing: { items, rejected, ...(facts && { pixels: facts }) },
    notes: [...notes, ...(fitted?.notes ?? [])],
  };
}
