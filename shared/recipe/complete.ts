// A recipe and the registries of the side that computes: names that exist, options that their owners accept.

import type { z } from 'zod';
import type { Item, LabelKind } from '../datasets/dataset.js';
import { PretextError } from '../errors/pretext-error.js';
import { describeUnknown, hasName } from '../registry.js';
import type { Locate } from './locate.js';
import { createRecipeError } from './parse.js';
import { listProblems } from './problems.js';
import { mergePlain } from './plain.js';
import type { Recipe } from './schema.js';
import { placesOf } from './tasks.js';

/** What recipes need of a registry of tasks, models or optimizers: names, and the schema of each one's options. */
export type OptionRegistry = Readonly<Record<string, { readonly options: z.ZodType }>>;

/** Tasks say besides what they learn from, and which of them is the default. */
export type TaskRegistry = Readonly<Record<string, { readonly options: z.ZodType; readonly media: Item['kind']; readonly isDefault?: boolean; readonly needsLabels?: LabelKind }>>;

export interface Registries {
  readonly task: TaskRegistry;
  readonly model: OptionRegistry;
  readonly optimizer: OptionRegistry;
  readonly schedule: OptionRegistry;
}

const AUTO = 'auto';

/** The task that a recipe gets which names none. */
export function defaultTask(tasks: TaskRegistry, kind: Item['kind']): string {
  return Object.keys(tasks).find((name) => tasks[name]!.isDefault === true && tasks[name]!.media === kind)!;
}

/** Gives the task `auto` its name by what the data turned out to be. Throws BAD_RECIPE where the task that is named learns from another kind. */
export function resolveTask(recipe: Recipe, kind: Item['kind'], tasks: TaskRegistry): Recipe {
  const { name } = recipe.task;
  if (name === AUTO && !recipe.tasks) return { ...recipe, task: { ...recipe.task, name: defaultTask(tasks, kind) } };
  for (const { task } of placesOf(recipe)) if (hasName(tasks, task.name)) checkMedia(recipe, kind, { name: task.name, media: tasks[task.name]!.media });
  return recipe;
}

/** A task for images takes frames of videos too. Throws BAD_RECIPE for one for videos on images. */
export function checkMedia({ data }: Recipe, kind: Item['kind'], { name, media }: { readonly name: string; readonly media: Item['kind'] }): void {
  if (media === kind || media === 'image') return;
  throw new PretextError('BAD_RECIPE', `task.name: "${name}" learns from videos, and "${data.root}" has images.`, {
    hint: 'Give a folder of videos, or choose a task for images, such as rotation.',
  });
}

interface Completed {
  readonly options: Record<string, unknown>;
  readonly problems: readonly string[];
}

interface Choice {
  readonly name: string;
  readonly options: Record<string, unknown>;
}

function completePart(path: readonly (string | number)[], { name, options }: Choice, registry: OptionRegistry, locate: Locate): Completed {
  if (!hasName(registry, name)) {
    const problem = describeUnknown(Object.keys(registry), name);
    return { options, problems: [`${locate([...path, 'name'])}: ${path.map(String).join('.')}.name: ${problem}`] };
  }
  const owner = registry[name]!;
  const result = owner.options.safeParse(options);
  if (result.success) return { options: result.data as Record<string, unknown>, problems: [] };
  return { options, problems: listProblems({ schema: owner.options, issues: result.error.issues, input: options, locate, prefix: [...path.map(String), 'options'] }) };
}

/** What does not go together of the keys `task`, `tasks`, `turns` and `balance`. */
function listTaskProblems({ task, tasks, ...ofSeveral }: Recipe, locate: Locate): string[] {
  if (!tasks) {
    return (['turns', 'balance'] as const).flatMap((key) =>
      (ofSeveral[key] === undefined ? [] : [`${locate([key])}: ${key}: expected nothing with one task, given "${ofSeveral[key]}"`]));
  }
  const names = tasks.map(({ name }) => name);
  const again = names.findIndex((name, index) => names.indexOf(name) !== index);
  return [
    ...(task.name === AUTO ? [] : [`${locate(['task', 'name'])}: task.name: expected nothing beside several tasks, given "${task.name}"`]),
    ...(again < 0 ? [] : [`${locate(['tasks', again, 'name'])}: tasks.${again + 1}.name: expected each task once, given "${names[again]!}" again`]),
  ];
}

/** The options of a puzzle's second version: those of the first, and what is said of it laid over them. */
function completeSecond({ task, tasks, consistency }: Recipe, options: Record<string, unknown>, registry: TaskRegistry, locate: Locate): Completed {
  const given = consistency?.second;
  if (given === undefined || (!tasks && !hasName(registry, task.name))) return { options: given ?? {}, problems: [] };
  if (tasks) return { options: given, problems: [`${locate(['consistency', 'second'])}: consistency.second: expected nothing with several tasks, whose options differ`] };
  const schema = registry[task.name]!.options;
  const input = mergePlain(options, given);
  const result = schema.safeParse(input);
  if (result.success) return { options: result.data as Record<string, unknown>, problems: [] };
  return { options: given, problems: listProblems({ schema, issues: result.error.issues, input, locate, prefix: ['consistency', 'second'] }) };
}

/**
 * Checks the names and options of task, model, optimizer and schedule and fills in the options' defaults.
 *
 * Call it at the start, so that mistakes are found before data is listed, and again after resolveTask: options of a task
 * that is still `auto` are left as they are. `locate` is parseRecipe's. Throws BAD_RECIPE with every problem.
 */
export function completeRecipe(recipe: Recipe, registries: Registries, locate: Locate = () => 'recipe'): Recipe {
  const { optimizer } = recipe;
  // A task that is still `auto` cannot say what its options are; it is completed again once it has a name.
  const tasks = placesOf(recipe).map(({ path, task }) =>
    (path[0] === 'task' && task.name === AUTO ? { options: task.options, problems: [] } : completePart(path, task, registries.task, locate)));
  const model = completePart(['model'], recipe.model, registries.model, locate);
  const rule = completePart(['optimizer'], optimizer, registries.optimizer, locate);
  const schedule = completePart(['optimizer', 'schedule'], optimizer.schedule, registries.schedule, locate);
  const groups = optimizer.groups.map((group, index) => {
    // Without a name the group has the rule of all others.
    if (group.name === undefined) return { group, problems: [] };
    const { options, problems } = completePart(['optimizer', 'groups', index], { name: group.name, options: group.options ?? {} }, registries.optimizer, locate);
    return { group: { ...group, options }, problems };
  });
  const second = completeSecond(recipe, tasks[0]!.options, registries.task, locate);
  const problems = [...listTaskProblems(recipe, locate), ...[...tasks, second, model, rule, schedule, ...groups].flatMap((part) => part.problems)];
  if (problems.length > 0) throw createRecipeError(problems);
  return {
    ...recipe,
    ...(recipe.tasks
      ? { tasks: recipe.tasks.map((task, index) => ({ ...task, options: tasks[index]!.options })) }
      : { task: { ...recipe.task, options: tasks[0]!.options } }),
    ...(recipe.consistency?.second && { consistency: { ...recipe.consistency, second: second.options } }),
    model: { ...recipe.model, options: model.options },
    optimizer: {
      ...optimizer,
      options: rule.options,
      schedule: { ...optimizer.schedule, options: schedule.options },
      groups: groups.map(({ group }) => group),
    },
  };
}
