// The keys of a recipe that may change while a run goes on, because the same bits come with any of them: the hash leaves them out. It leaves out besides
// what says which run it is (name and place of the data) and `data.chance`, which the run finds by itself.

import type { Recipe } from './schema.js';

const FREE = /^((exchange|checkpoint|digest|evaluate|gate)(\.|$)|data\.(links|maxUnusable)$)/;

/** `path`: a key with those above it, such as `evaluate.everySteps`. */
export const isFree = (path: string): boolean => FREE.test(path);

/** The map with the free keys of `other` in the place of its own. Keys keep their order. */
function takeFree(map: object, other: object, above = ''): object {
  const sourceOf = (key: string): object => (isFree(above + key) ? other : map);
  const keys = Object.keys({ ...map, ...other }).filter((key) => Object.hasOwn(sourceOf(key), key));
  return Object.fromEntries(keys.map((key) => [key, sourceOf(key)[key as never]]));
}

/** A stage's recipe with the free keys of another. */
export const takeFreeKeys = (recipe: Recipe, other: Recipe): Recipe => ({ ...takeFree(recipe, other), data: takeFree(recipe.data, other.data, 'data.') }) as Recipe;

/** What is left of a stage's recipe: equal where two differ in free keys alone. */
export const dropFreeKeys = (recipe: Recipe): object => ({ ...takeFree(recipe, {}), data: takeFree(recipe.data, {}, 'data.') });
