// A recipe back to YAML, for the run's folder: parseRecipe reads the same recipe from it.

import { stringify } from 'yaml';
import type { Recipe } from './schema.js';

/** The whole recipe, defaults included. */
export function formatRecipe(recipe: Recipe): string {
  return stringify(recipe, { aliasDuplicateObjects: false });
}
