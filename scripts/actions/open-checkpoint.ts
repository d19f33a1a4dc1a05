// A checkpoint that a user names by its run or by its file, with what made it, or weights of another library: what every command that uses weights begins with.

import { statSync, type Stats } from 'node:fs';
import { checkpointPath, listCheckpoints } from '../../coordinator/checkpoints/checkpoints.js';
import { loadRun, type Stage } from '../../coordinator/run/prepare.js';
import { readProvenance, type Provenance } from '../../shared/checkpoint/provenance.js';
import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { readHeader } from '../../shared/tensors/safetensors.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { openForeign } from './open-foreign.js';

export interface OpenedCheckpoint {
  readonly path: string;
  /** Of the stage that made it. `data.root` is '.' where only a file is known. */
  readonly recipe: Recipe;
  readonly provenance: Provenance;
  /** Where a run was named: with the items that it was made from. */
  readonly stage?: Stage;
  /** The library whose weights these are, where no run made them: then of the recipe only model, sizes and pixels say something. */
  readonly convention?: string;
}

/**
 * Takes the newest checkpoint of a run's folder, or `checkpoint` as one of its, or a file. Throws PretextError NOT_FOUND without one,
 * BAD_STATE where it does not say what it is of.
 */
export async function openCheckpoint(runOrFile: string, checkpoint?: string): Promise<OpenedCheckpoint> {
  const isFolder = find(runOrFile, 'the folder of a run or a .safetensors file').isDirectory();
  if (checkpoint !== undefined) find(checkpoint, 'a .safetensors file');
  if (!isFolder) return openFile(checkpoint ?? runOrFile);
  const { stages } = await loadRun(runOrFile);
  return checkpoint === undefined ? openNewest(runOrFile, stages) : openOneOf(stages, checkpoint);
}

function find(path: string, expected: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) return stats;
  throw new PretextError('NOT_FOUND', `expected ${expected}, but "${path}" is not there.`, { hint: 'Runs are in runs/ unless --out said otherwise.' });
}

async function openFile(path: string): Promise<OpenedCheckpoint> {
  const { arrays, metadata } = await readHeader(path);
  // What has names of ours but does not say what it is of is for readProvenance to refuse.
  if (metadata['stageRecipe'] === undefined && !arrays.some(({ name }) => name.startsWith(TRUNK))) return openForeign(path, arrays);
  const provenance = readProvenance(metadata, path);
  return { path, provenance, recipe: readRecipe({ ...provenance.recipe, data: { ...provenance.recipe.data, root: '.' } }) };
}

/** The newest checkpoint of the last stage that has one. */
async function openNewest(folder: string, stages: readonly Stage[]): Promise<OpenedCheckpoint> {
  for (const stage of stages.toReversed()) {
    const step = (await listCheckpoints(stage.paths.checkpoints)).at(-1);
    if (step === undefined) continue;
    const path = checkpointPath(stage.paths.checkpoints, step);
    return openOfStage(stage, path, (await readHeader(path)).metadata);
  }
  throw new PretextError('NOT_FOUND', `"${folder}" has no checkpoint yet.`, { hint: 'Wait for the first one, or name a file.' });
}

/** As of the stage whose recipe the file names; of the last one when it names none of them. */
async function openOneOf(stages: readonly Stage[], path: string): Promise<OpenedCheckpoint> {
  const { metadata } = await readHeader(path);
  return openOfStage(stages.find(({ recipeHash }) => recipeHash === metadata['recipe']) ?? stages.at(-1)!, path, metadata);
}

function openOfStage(stage: Stage, path: string, { run = '', step = '0' }: Readonly<Record<string, string>>): OpenedCheckpoint {
  const { recipeHash, manifestHash, number } = stage;
  // A run of an earlier version has no options that came later.
  const recipe = readRecipe(stage.recipe);
  return { path, recipe, stage, provenance: { run, stage: number, step: Number(step), recipeHash, dataHash: manifestHash, recipe } };
}
