// The items that a checkpoint is used on: those of its run, or those of a folder.

import { resolve } from 'node:path';
import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';

export interface FoundItems {
  /** As the recipe has it, but of the folder that the items lie in. */
  readonly data: Recipe['data'];
  /** In the order of the listing. */
  readonly items: readonly Item[];
  /** Files that cannot be used, as the listing found. */
  readonly rejected: readonly RejectedItem[];
  /** What other data call the classes of masks, where they say it. */
  readonly maskClasses?: readonly string[];
}

export interface FindOptions {
  /** Other data than the run's own. */
  readonly folder?: string | undefined;
  readonly signal: AbortSignal;
}

/** Splits and holds out as the recipe says. Throws PretextError BAD_ARGUMENT where nobody says which items, and as listings do. */
export async function findItems({ path, recipe, stage }: OpenedCheckpoint, { folder, signal }: FindOptions): Promise<FoundItems> {
  if (folder !== undefined) return listItems(recipe, resolve(folder), signal);
  if (stage) return { data: recipe.data, items: stage.items, rejected: stage.rejected };
  throw new PretextError('BAD_ARGUMENT', `expected a folder of data: the file "${path}" does not say where its data are.`, { hint: 'Give one by --data DIR.' });
}

async function listItems({ data, seed }: Recipe, root: string, signal: AbortSignal): Promise<FoundItems> {
  const { holdout, links } = data;
  const source = await detectSource(root, dropUndefined({ links }));
  const { items, rejected, maskClasses } = await sources[source].list(root, { holdout, links, seed, signal });
  return { data: { ...data, root, source }, items, rejected, ...dropUndefined({ maskClasses }) };
}
