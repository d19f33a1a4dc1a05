// From a recipe to the parts of a replica that compute.

import type { Recipe } from '../../shared/recipe/schema.js';
import type { Layout } from '../../shared/state/layout.js';
import { bindRecipe, type OptimizerGroup } from '../bind-recipe.js';
import { modelForwards } from '../models/forwards.js';
import type { ModelForward, StageShape } from '../models/model.js';
import type { ModelName } from '../models/shapes.js';
import { optimizers } from '../optimizers/index.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { schedules, type Schedule, type ScheduleName } from '../optimizers/schedules.js';
import { bindObjective } from '../tasks/bind-objective.js';
import type { Objective } from '../tasks/objective.js';
import type { DataSizes, Puzzle } from '../tasks/task.js';

/** What an array is updated by. */
export interface GroupUpdate extends OptimizerGroup {
  readonly optimizer: Optimizer;
}

/** Everything a replica is built from: looked up and validated before. */
export interface TrainerParts {
  readonly seed: number;
  readonly steps: number;
  readonly sizes: DataSizes;
  readonly layout: Layout;
  readonly model: ModelForward;
  readonly modelOptions: unknown;
  /** Of the trunk, first to last. */
  readonly stages: readonly StageShape[];
  readonly puzzle: Puzzle;
  readonly objective: Objective;
  readonly groupOf: (array: string) => GroupUpdate;
  /** Learning rate, and momentum where the schedule moves it, at a 1-based step. */
  readonly scheduleAt: (step: number) => { readonly learningRate: number; readonly momentum?: number };
}

/** The parts of a replica for a recipe and so many items to train on, as `bindRecipe` takes them. Throws PretextError BAD_RECIPE. */
export function buildParts(recipe: Recipe, numInstances?: number): TrainerParts {
  const { sizes, puzzle, stages, layout, groupOf } = bindRecipe(recipe, numInstances);
  const { learningRate, schedule: { name, options } } = recipe.optimizer;
  const schedule: Schedule = schedules[name as ScheduleName];
  return {
    seed: recipe.seed,
    steps: recipe.steps,
    sizes, puzzle, stages, layout,
    model: modelForwards[recipe.model.name as ModelName],
    modelOptions: recipe.model.options,
    objective: bindObjective(recipe, sizes),
    groupOf(array) {
      const group = groupOf(array);
      return { ...group, optimizer: optimizers[group.name] };
    },
    scheduleAt(step) {
      const { factor, ...rest } = schedule.at(step, recipe.steps, options);
      return { learningRate: learningRate * factor, ...rest };
    },
  };
}
