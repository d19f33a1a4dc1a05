// Recipes of one stage, for tests of what one stage is.

import type { Locate } from '../../shared/recipe/locate.js';
import { parseRecipe, type ParseOptions } from '../../shared/recipe/parse.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { buildParts, type TrainerParts } from '../../worker/compute/build-parts.js';

export function parseStage(text: string, options?: ParseOptions): { readonly recipe: Recipe; readonly locate: Locate } {
  const { recipe, locates } = parseRecipe(text, options);
  return { recipe: recipe.stages[0]!, locate: locates[0]! };
}

/** The parts of a replica for what a recipe file may hold. */
export function partsOf(recipe: unknown, numInstances?: number): TrainerParts {
  return buildParts(readRecipe(recipe), numInstances);
}
