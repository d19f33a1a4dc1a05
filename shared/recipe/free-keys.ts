// The keys of a recipe that may change while a run goes on, because the same bits come with any of them: the hash leaves them out. What is left out of the
// hash besides (name and place of the data) says which run it is.

import type { Recipe } from './schema.js';

const FREE = /^((exchange|checkpoint|digest|evaluate|gate)(\.|$)|data\.(links|maxUnusable)$)/;

/** `path`: a key with those above it, such as `evaluate.everySteps`. */
export const isFree = (path: string): boolean => FREE.test(path);

/** A stage's recipe with the free keys of another. */
export function takeFreeKeys(recipe: Recipe, { exchange, checkpoint, digest, evaluate, gate, data: { links, maxUnusable } }: Recipe): Recipe {
  return { ...recipe, exchange, checkpoint, digest, evaluate, gate, data: { ...recipe.data, links, maxUnusable } };
}

function keepOthers(map: object, above = ''): object {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !isFree(above + key)));
}

/** What is left of a stage's recipe: equal where two differ in free keys alone. */
export const dropFreeKeys = (recipe: Recipe): object => ({ ...keepOthers(recipe), data: keepOthers(recipe.data, 'data.') });
