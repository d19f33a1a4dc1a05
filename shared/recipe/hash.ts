// The name of a trajectory: recipes that train the same parameters from the same data have the same hash.

import { createHash } from 'node:crypto';
import { dropFreeKeys } from './free-keys.js';
import type { Recipe } from './schema.js';
import type { RunRecipe } from './stages.js';

/** JSON with the keys of every map in code-unit order, so that equal values are equal text. */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** What a stage begins from, as far as its bits depend on it; `before` is the hash of the stage before it. */
function describeInit({ init }: Recipe, before: string | undefined): object | undefined {
  if (init === undefined || init.from === 'seed') return undefined;
  const { blocks, rest, heads, sha256 } = init;
  const origin = init.from === 'stage' ? before : sha256;
  if (origin === undefined) throw new Error(`The hash of a recipe needs that of "${init.from}", which it begins from.`);
  return { origin, blocks, rest: rest === 'moments' ? rest : undefined, heads: heads === true ? true : undefined };
}

/**
 * SHA-256, in hexadecimal, of what the trajectory of a stage depends on: seed, steps, data but for its place, tasks and how they go
 * together, consistency, model, optimizer, batch and what it begins from. Left out, because the same bits come with any of them: name, data.root,
 * data.list (the manifest's hash says what is on it), data.chance and the free keys. Hash a recipe that completeRecipe has filled in, or a default that
 * is spelled out changes the hash.
 */
export function hashRecipe(recipe: Recipe, before?: string): string {
  const { seed, steps, data, tasks, turns, balance, consistency, model, optimizer, batch } = dropFreeKeys(recipe) as Recipe;
  // With several tasks the key of the one says nothing; without, their keys are not there.
  const task = tasks ? undefined : recipe.task;
  // JSON leaves out what is undefined: recipes from before there were groups keep their hash.
  const groups = optimizer.groups.length > 0 ? optimizer.groups : undefined;
  // Likewise recipes from before there were bands and depths.
  const { channels, range } = data;
  const pixels = { channels: channels === 'rgb' ? undefined : channels, range: range === 'auto' || range === 'full' ? undefined : range };
  // Likewise those from before there were labels, turns and balances. Without classes nobody learns from labels.
  const { classes, labelShare, labelRepeats } = data;
  const labels = { firstEpoch: data.firstEpoch === 0 ? undefined : data.firstEpoch, labelShare: classes && labelShare !== 1 ? labelShare : undefined, labelRepeats: classes && labelRepeats !== 1 ? labelRepeats : undefined };
  const trajectory = { seed, steps, data: { ...data, ...pixels, ...labels, root: undefined, list: undefined, chance: undefined }, task, tasks, turns: turns === 'none' ? undefined : turns, balance: balance === 'fixed' ? undefined : balance, consistency, model, optimizer: { ...optimizer, groups }, batch, init: describeInit(recipe, before) };
  return createHash('sha256').update(toCanonicalJson(trajectory)).digest('hex');
}

/** The hash of every stage of a run. */
export function hashStages({ stages }: RunRecipe): string[] {
  return stages.reduce<string[]>((hashes, stage) => [...hashes, hashRecipe(stage, hashes.at(-1))], []);
}
