// A trunk to begin from, as a user names it: a run, a checkpoint, or weights with the names of another library, which say their model by shapes.

import type { Recipe } from '../../shared/recipe/schema.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { openCheckpoint } from './open-checkpoint.js';

export interface OpenedTrunk {
  readonly path: string;
  readonly model: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  /** Sizes and pixels that it has learnt to see by. */
  readonly data: Partial<Recipe['data']>;
  /** What made it, in words. */
  readonly origin: string;
}

/** Throws PretextError NOT_FOUND, and BAD_STATE for a file of no model that is known. */
export async function openTrunk(runOrFile: string): Promise<OpenedTrunk> {
  const { path, recipe, provenance: { stage, step }, convention } = await openCheckpoint(runOrFile);
  const { channels, range, mean, deviation, side, shortSide, fps, segmentS } = recipe.data;
  return {
    path, model: recipe.model,
    data: { channels, range, ...(mean && { mean }), ...(deviation && { deviation }), side, shortSide, fps, segmentS },
    origin: convention === undefined ? `${nameTasks(recipe)}, step ${step} of stage ${stage}` : `names of ${convention}`,
  };
}
