// A folder as a run would list it, and the recipe with what the data decide filled in. Writes nothing.

import { resolve } from 'node:path';
import { nameClasses } from '../../coordinator/run/name-classes.js';
import type { Item } from '../../shared/datasets/dataset.js';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { sourceKinds } from '../../shared/datasets/kinds.js';
import { resolvePixels } from '../../shared/datasets/pictures/resolve-pixels.js';
import { completeRecipe, resolveTask } from '../../shared/recipe/complete.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { registries } from '../../worker/registries.js';

export interface ListedFolder {
  /** Complete. */
  readonly recipe: Recipe;
  readonly items: readonly Item[];
}

/** Throws PretextError where a run could not start. */
export async function listFolder(given: Recipe, signal: AbortSignal): Promise<ListedFolder> {
  const root = resolve(given.data.root);
  const source = given.data.source === 'auto' ? await detectSource(root, given.data) : given.data.source;
  const complete = completeRecipe(resolveTask({ ...given, data: { ...given.data, root, source } }, sourceKinds[source], registries.task), registries);
  const { holdout, links, list } = complete.data;
  const { items } = await sources[source].list(root, { holdout, links, list, seed: complete.seed, signal });
  const { keys } = await resolvePixels(complete.data, { root, items, signal });
  return { recipe: nameClasses({ ...complete, data: { ...complete.data, ...keys } }, items, registries.task), items };
}
