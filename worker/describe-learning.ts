// What is known beforehand of what a stage learns: its tasks, each with its own metrics and losses by the names that steps report, for whoever
// judges whether it is learnt. Loads no tensor library.

import type { Learnt, LearntTask } from '../shared/learning.js';
import type { Recipe } from '../shared/recipe/schema.js';
import { tasksOf, type TaskChoice } from '../shared/recipe/tasks.js';
import { bindRecipe } from './bind-recipe.js';
import { bindPlainTasks } from './tasks/bind-tasks.js';
import { puzzles, type TaskName } from './tasks/puzzles.js';
import type { DataSizes, TaskInfo } from './tasks/task.js';
import { factorOf } from './tasks/wrap/sum-puzzle.js';

/** For so many items to train on. Throws PretextError BAD_RECIPE as bindRecipe does. */
export function describeLearning(recipe: Recipe, numInstances?: number): Learnt {
  const { sizes, puzzle: { metrics } } = bindRecipe(recipe, numInstances);
  const tasks = tasksOf(recipe);
  return { steps: recipe.steps, metrics, tasks: tasks.map((task) => describeTask(task, sizes, tasks.length > 1)) };
}

/** One of several has its name before those of its metrics and losses, which are multiplied then. */
function describeTask(task: TaskChoice, sizes: DataSizes, isOneOfSeveral: boolean): LearntTask {
  const { name, options } = task;
  const puzzle = bindPlainTasks({ task }, sizes);
  const { metrics, terms, othersTerms = [], chanceLosses = {} } = puzzle;
  const own = terms.filter((term) => !othersTerms.includes(term));
  const front = isOneOfSeveral ? `${name}/` : '';
  const chanceLoss = own.reduce((sum, term) => sum + (chanceLosses[term] ?? NaN), 0) * (isOneOfSeveral ? factorOf({ ...task, puzzle }) : 1);
  return {
    task: name,
    metrics: Object.fromEntries(Object.entries(metrics).map(([metric, info]) => [front + metric, info])),
    terms: own.map((term) => front + term),
    ...(!Number.isNaN(chanceLoss) && { chanceLoss }),
    guardsOff: Object.entries(options['guards'] ?? {}).flatMap(([guard, isOn]) => (isOn === false ? [guard] : [])),
    guardedFrom: metrics['strength'] ? (options['strength'] as { readonly until: number }).until : 0,
    isSupervised: (puzzles[name as TaskName] as TaskInfo).needsLabels !== undefined,
  };
}
