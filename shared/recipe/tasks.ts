// Which tasks a recipe has: one, or several.

import type { Recipe } from './schema.js';

export interface TaskChoice {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly weight?: number | undefined;
}

/** What a recipe learns: plain values, for whoever draws puzzles or learns from them. */
export type Learning = Pick<Recipe, 'task' | 'tasks' | 'turns' | 'balance' | 'consistency'>;
export type Consistency = NonNullable<Recipe['consistency']>;

export const tasksOf = ({ task, tasks }: Pick<Recipe, 'task' | 'tasks'>): readonly TaskChoice[] => tasks ?? [task];

/** All tasks in words. */
export const nameTasks = (recipe: Pick<Recipe, 'task' | 'tasks'>): string => tasksOf(recipe).map(({ name }) => name).join(' + ');

/** The keys of a recipe's tasks, each with its place. */
export function placesOf(recipe: Pick<Recipe, 'task' | 'tasks'>): { readonly path: readonly (string | number)[]; readonly task: TaskChoice }[] {
  return recipe.tasks ? recipe.tasks.map((task, index) => ({ path: ['tasks', index], task })) : [{ path: ['task'], task: recipe.task }];
}
