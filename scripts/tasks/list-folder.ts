// A folder as a run would list it, and the recipe with what the data decide filled in. Writes nothing.

import { completeStage, createLister } from '../../coordinator/run/complete-stage.js';
import type { Item } from '../../shared/datasets/dataset.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { registries } from '../../worker/registries.js';

export interface ListedFolder {
  /** Complete. */
  readonly recipe: Recipe;
  readonly items: readonly Item[];
}

/** Throws PretextError where a run could not start. */
export async function listFolder(given: Recipe, signal: AbortSignal): Promise<ListedFolder> {
  const { recipe, listing } = await completeStage(given, { registries, list: createLister({ signal }), signal });
  return { recipe, items: listing.items };
}
