// Which items are held out for evaluation where the data does not say: whole groups, drawn by name and seed.

import { createRandom } from '../random/random.js';
import type { Item, ListOptions } from './dataset.js';
import type { Annotation } from './labels.js';

export interface Unsplit extends Annotation {
  readonly path: string;
}

/** With this many undecided items or more, at least one is held out, unless `holdout` is 0. */
const MIN_ITEMS_TO_SPLIT = 5;

/**
 * The split of every item, in order. Items that say theirs keep it, and the rest of their group follows them; of the other
 * groups `holdout` (rounded) go to test. Depends on names and seed only, not on the order of items.
 */
export function assignSplits(items: readonly Unsplit[], options: Pick<ListOptions, 'holdout' | 'seed'>): Item['split'][] {
  const splits = new Map<string, Item['split']>();
  for (const item of items) if (item.split) splits.set(groupOf(item), item.split);
  const undecided = items.filter((item) => !splits.has(groupOf(item)));
  const groups = [...new Set(undecided.map(groupOf))];
  const numHeldOut = countHeldOut(undecided.length, groups.length, options.holdout);
  shuffle(groups, options.seed).forEach((group, rank) => splits.set(group, rank < numHeldOut ? 'test' : 'train'));
  return items.map((item) => item.split ?? splits.get(groupOf(item))!);
}

function groupOf(item: Unsplit): string {
  return item.group === undefined ? `path ${item.path}` : `group ${item.group}`;
}

function countHeldOut(numItems: number, numGroups: number, holdout: number): number {
  if (holdout <= 0) return 0;
  const atLeast = numItems >= MIN_ITEMS_TO_SPLIT && numGroups > 1 ? 1 : 0;
  return Math.max(atLeast, Math.round(holdout * numGroups));
}

/** Every group draws a number of its own, so that adding a file changes the split of few others. */
function shuffle(groups: readonly string[], seed: number): string[] {
  const keyed = groups.map((group) => ({
    group,
    key: createRandom({ seed, epoch: 0, sample: 0, purpose: `holdout ${group}` }).uint32(),
  }));
  keyed.sort((a, b) => a.key - b.key || (a.group < b.group ? -1 : 1));
  return keyed.map(({ group }) => group);
}
