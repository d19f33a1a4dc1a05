// A checkpoint that a user names by its run or by its file, with what made it: what every command that uses weights begins with.

import { statSync } from 'node:fs';
import { checkpointPath, listCheckpoints } from '../../coordinator/checkpoints/checkpoints.js';
import { loadRun } from '../../coordinator/run/prepare.js';
import { readProvenance, type Provenance } from '../../shared/checkpoint/provenance.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { readSafetensors } from '../../shared/tensors/safetensors.js';
import { readRecipe } from '../../worker/bind-recipe.js';

export interface OpenedCheckpoint {
  readonly path: string;
  /** Of the stage that made it. `data.root` is '.' where only a file is known. */
  readonly recipe: Recipe;
  readonly provenance: Provenance;
}

/** Takes the newest checkpoint of a run's folder, or a file. Throws PretextError NOT_FOUND without one, BAD_STATE where it does not say what it is of. */
export async function openCheckpoint(runOrFile: string): Promise<OpenedCheckpoint> {
  const stats = statSync(runOrFile, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new PretextError('NOT_FOUND', `expected the folder of a run or a .safetensors file, but "${runOrFile}" is not there.`, { hint: 'Runs are in runs/ unless --out said otherwise.' });
  }
  return stats.isDirectory() ? openNewest(runOrFile) : openFile(runOrFile);
}

async function openFile(path: string): Promise<OpenedCheckpoint> {
  const { metadata } = await readSafetensors(path, () => false);
  const provenance = readProvenance(metadata, path);
  return { path, provenance, recipe: readRecipe({ ...provenance.recipe, data: { ...provenance.recipe.data, root: '.' } }) };
}

/** The newest checkpoint of the last stage that has one. */
async function openNewest(folder: string): Promise<OpenedCheckpoint> {
  const { stages } = await loadRun(folder);
  for (const { recipe, paths, recipeHash, manifestHash, number } of stages.toReversed()) {
    const step = (await listCheckpoints(paths.checkpoints)).at(-1);
    if (step === undefined) continue;
    const path = checkpointPath(paths.checkpoints, step);
    const { metadata: { run = '' } } = await readSafetensors(path, () => false);
    return { path, recipe, provenance: { run, stage: number, step, recipeHash, dataHash: manifestHash, recipe } };
  }
  throw new PretextError('NOT_FOUND', `"${folder}" has no checkpoint yet.`, { hint: 'Wait for the first one, or name a file.' });
}
