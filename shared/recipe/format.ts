// A recipe back to YAML, for the run's folder: parseRecipe reads the same recipe from it.

import { stringify } from 'yaml';
import type { RunRecipe } from './stages.js';

/** The whole recipe, defaults included; every stage of several with all of its keys. */
export function formatRecipe({ name, stages }: RunRecipe): string {
  return stringify(stages.length === 1 ? stages[0] : { name, stages }, { aliasDuplicateObjects: false });
}
