// From a recipe to the parts of a replica: every name is looked up in a literal registry, every option validated by its owner.

import { completeRecipe } from '../../shared/recipe/complete.js';
import { validateRecipe } from '../../shared/recipe/parse.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createLayout } from '../../shared/tensors/layout.js';
import { models } from '../models/index.js';
import type { Model } from '../models/model.js';
import { optimizers } from '../optimizers/index.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { schedules, type Schedule } from '../optimizers/schedules.js';
import { tasks } from '../tasks/index.js';
import type { Task } from '../tasks/task.js';
import type { TrainerParts } from './trainer.js';

/** What recipes may name. */
export const registries = { task: tasks, model: models, optimizer: optimizers, schedule: schedules };

export interface ReadRecipe {
  readonly recipe: Recipe;
  readonly sizes: { readonly microbatches: number; readonly lookaheadSteps: number };
}

/** Validates what came from a socket or a file as a complete recipe. Throws PretextError BAD_RECIPE. */
export function readRecipe(untrusted: unknown): ReadRecipe {
  const recipe = completeRecipe(validateRecipe(untrusted), registries);
  return { recipe, sizes: { microbatches: recipe.batch.microbatches, lookaheadSteps: recipe.exchange.lookaheadSteps } };
}

/** The parts of a replica for a recipe. Throws PretextError BAD_RECIPE. */
export function buildParts(untrusted: unknown): TrainerParts {
  const { recipe } = readRecipe(untrusted);
  const model: Model = models[recipe.model.name as keyof typeof models];
  const task: Task = tasks[recipe.task.name as keyof typeof tasks];
  const optimizer: Optimizer = optimizers[recipe.optimizer.name as keyof typeof optimizers];
  const { learningRate, schedule: { name, options } } = recipe.optimizer;
  const schedule: Schedule = schedules[name as keyof typeof schedules];
  const last = model.stages(recipe.model.options).at(-1)!;
  const trunk = { channels: last.channels, side: Math.ceil(recipe.data.side / last.stride) };
  return {
    seed: recipe.seed,
    side: recipe.data.side,
    layout: createLayout([...model.parameters(recipe.model.options), ...task.parameters(recipe.task.options, trunk)]),
    model, modelOptions: recipe.model.options,
    task, taskOptions: recipe.task.options,
    optimizer, optimizerOptions: recipe.optimizer.options,
    scheduleAt(step) {
      const { factor, ...rest } = schedule.at(step, recipe.steps, options);
      return { learningRate: learningRate * factor, ...rest };
    },
  };
}
