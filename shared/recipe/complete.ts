// A recipe and the registries of the side that computes: names that exist, options that their owners accept.

import type { z } from 'zod';
import type { Locate } from './locate.js';
import { createRecipeError } from './parse.js';
import { listProblems } from './problems.js';
import type { Recipe } from './schema.js';
import { suggest } from './suggest.js';

/** What recipes need of a registry of tasks, models or optimizers: names, and the schema of each one's options. */
export type OptionRegistry = Readonly<Record<string, { readonly options: z.ZodType }>>;

export interface Registries {
  readonly task: OptionRegistry;
  readonly model: OptionRegistry;
  readonly optimizer: OptionRegistry;
  readonly schedule: OptionRegistry;
}

const AUTO = 'auto';
const DEFAULT_TASKS = { image: 'rotation', video: 'frame-order' } as const;

/** Gives the task `auto` its name by what the data turned out to be. */
export function resolveTask(recipe: Recipe, kind: 'image' | 'video'): Recipe {
  if (recipe.task.name !== AUTO) return recipe;
  return { ...recipe, task: { ...recipe.task, name: DEFAULT_TASKS[kind] } };
}

function describeUnknownName(name: string, known: readonly string[]): string {
  const meant = suggest(name, known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `expected one of ${known.join(', ')}, given ${JSON.stringify(name)}${hint}`;
}

interface Completed {
  readonly options: Record<string, unknown>;
  readonly problems: readonly string[];
}

type Part = Exclude<keyof Registries, 'schedule'> | 'optimizer.schedule';

function completePart(recipe: Recipe, part: Part, registry: OptionRegistry, locate: Locate): Completed {
  const path = part.split('.');
  const { name, options } = part === 'optimizer.schedule' ? recipe.optimizer.schedule : recipe[part];
  // A task that is still `auto` cannot say what its options are; it is completed again once it has a name.
  if (part === 'task' && name === AUTO) return { options, problems: [] };
  const owner = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (owner === undefined) {
    const problem = describeUnknownName(name, Object.keys(registry));
    return { options, problems: [`${locate([...path, 'name'])}: ${part}.name: ${problem}`] };
  }
  const result = owner.options.safeParse(options);
  if (result.success) return { options: result.data as Record<string, unknown>, problems: [] };
  return { options, problems: listProblems(owner.options, result.error.issues, options, locate, [...path, 'options']) };
}

/**
 * Checks the names and options of task, model, optimizer and schedule and fills in the options' defaults.
 *
 * Call it at the start, so that mistakes are found before data is listed, and again after resolveTask: options of a task
 * that is still `auto` are left as they are. `locate` is parseRecipe's. Throws BAD_RECIPE with every problem.
 */
export function completeRecipe(recipe: Recipe, registries: Registries, locate: Locate = () => 'recipe'): Recipe {
  const task = completePart(recipe, 'task', registries.task, locate);
  const model = completePart(recipe, 'model', registries.model, locate);
  const optimizer = completePart(recipe, 'optimizer', registries.optimizer, locate);
  const schedule = completePart(recipe, 'optimizer.schedule', registries.schedule, locate);
  const problems = [task, model, optimizer, schedule].flatMap((part) => part.problems);
  if (problems.length > 0) throw createRecipeError(problems);
  return {
    ...recipe,
    task: { ...recipe.task, options: task.options },
    model: { ...recipe.model, options: model.options },
    optimizer: {
      ...recipe.optimizer,
      options: optimizer.options,
      schedule: { ...recipe.optimizer.schedule, options: schedule.options },
    },
  };
}
