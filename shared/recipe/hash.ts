// The name of a trajectory: recipes that train the same parameters from the same data have the same hash.

import { createHash } from 'node:crypto';
import type { Recipe } from './schema.js';

/** JSON with the keys of every map in code-unit order, so that equal values are equal text. */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * SHA-256, in hexadecimal, of what the trajectory depends on: seed, steps, data but for its place, task, model, optimizer
 * and batch. Left out, because the same bits come with any of them: name, data.root, exchange, checkpoint, digest,
 * evaluate. Hash a recipe that completeRecipe has filled in, or a default that is spelled out changes the hash.
 */
export function hashRecipe(recipe: Recipe): string {
  const { seed, steps, data, task, model, optimizer, batch } = recipe;
  // JSON leaves out what is undefined.
  const trajectory = { seed, steps, data: { ...data, root: undefined }, task, model, optimizer, batch };
  return createHash('sha256').update(toCanonicalJson(trajectory)).digest('hex');
}
