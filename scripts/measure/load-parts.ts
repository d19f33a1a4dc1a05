// What a checkpoint was trained with, and the values of its arrays.

import { buildParts } from '../../worker/compute/build-parts.js';
import type { Evaluated } from '../../worker/evaluate/evaluate.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { countInstances, readTrunk, readValues } from './read-values.js';

/** Throws PretextError BAD_STATE where the file has other arrays than its recipe; a file of another library has those of the trunk alone. */
export async function loadParts({ path, recipe, stage, convention }: Pick<OpenedCheckpoint, 'path' | 'recipe' | 'stage' | 'convention'>): Promise<Pick<Evaluated, 'parts' | 'values'>> {
  const parts = buildParts(recipe, stage?.plan.numInstances ?? await countInstances(path));
  const values = await (convention === undefined ? readValues(path, parts.layout) : readTrunk(path, parts.layout));
  return { parts, values };
}
