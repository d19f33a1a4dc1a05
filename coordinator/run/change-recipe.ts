// A run that goes on with other values of keys that no bit depends on: they take effect, and the folder has them from then on.

import { formatRecipe } from '../../shared/recipe/format.js';
import { takeFreeKeys } from '../../shared/recipe/free-keys.js';
import { mapStages, type RunRecipe } from '../../shared/recipe/stages.js';
import { writeWhole } from '../../shared/write-whole.js';
import type { RunEvent } from './events.js';
import type { RunPaths } from './folder.js';
import type { LayoutOf, PreparedRun } from './prepare.js';
import { listChanges } from './recipe-differences.js';

export interface ChangeOptions {
  /** What the run is resumed with, if that is known; it has the run's stages. */
  readonly recipe?: RunRecipe;
  readonly layoutOf: LayoutOf;
  emit(event: RunEvent): void;
}

/** The run with what `recipe` says of free keys. Throws PretextError BAD_RECIPE, and nothing is changed then, for values that the task does not know. */
export async function changeRecipe(paths: RunPaths, run: PreparedRun, { recipe: given, layoutOf, emit }: ChangeOptions): Promise<PreparedRun> {
  const changes = given === undefined ? [] : listChanges(given, run.recipe);
  if (given === undefined || changes.length === 0) return run;
  const recipe = mapStages(run.recipe, (stage, index) => takeFreeKeys(stage, given.stages[index]!));
  const stages = run.stages.map((stage, index) => ({ ...stage, recipe: recipe.stages[index]! }));
  for (const stage of stages) layoutOf(stage.recipe, stage.plan.numInstances);
  await writeWhole(paths.recipe, [formatRecipe(recipe)]);
  emit({ type: 'recipeChanged', changes });
  return { recipe, stages };
}
