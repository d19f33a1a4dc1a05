// Which labels a task is shown where it is shown a share of them: a larger share shows the same and more. Pure.

import { createRandom } from '../random/random.js';
import type { Item, MaskFile } from './dataset.js';
import { listClasses } from './label-lists.js';

export interface ShownLabels {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** Of the items of each class, rounded; one at least. */
  readonly share: number;
  readonly seed: number;
}

/** The class number of every item whose label is shown, by the item's index. */
export function showLabels(items: readonly Item[], { classes, share, seed }: ShownLabels): ReadonlyMap<number, number> {
  const shown = new Map<number, number>();
  const itemsOf = new Map<string, Item[]>(classes.map((name) => [name, []]));
  for (const item of items) if (item.label !== undefined) itemsOf.get(item.label)?.push(item);
  classes.forEach((name, number) => {
    const own = itemsOf.get(name)!;
    const order = createRandom({ seed, epoch: 0, sample: number, purpose: 'labels' }).permutation(own.length);
    const count = Math.max(1, Math.round(share * own.length));
    for (const place of order.subarray(0, count)) shown.set(own[place]!.index, number);
  });
  return shown;
}

/** The items in the order in which a larger share shows more of them, with how many of them are shown. */
function order(items: readonly Item[], { share, seed }: ShownLabels): { readonly ordered: readonly Item[]; readonly count: number } {
  const places = createRandom({ seed, epoch: 0, sample: 0, purpose: 'labels' }).permutation(items.length);
  return { ordered: [...places].map((place) => items[place]!), count: Math.max(1, Math.round(share * items.length)) };
}

/**
 * The class numbers of every item whose label is shown, where an item may have several: the share is that of all items with a label, and of each class one at
 * least is shown. A share of each class by itself would show items of several classes more often than others.
 */
export function showLists(items: readonly Item[], shown: ShownLabels): ReadonlyMap<number, readonly number[]> {
  const numbers = new Map(shown.classes.map((name, number) => [name, number]));
  const { ordered, count } = order(items.filter(({ label }) => label !== undefined), shown);
  const all = ordered.map(({ index, label }) => ({ index, own: listClasses(label!).flatMap((name) => numbers.get(name) ?? []) }));
  const firstOf = new Map<number, (typeof all)[number]>();
  for (const each of all) for (const number of each.own) if (!firstOf.has(number)) firstOf.set(number, each);
  const firsts = shown.classes.flatMap((_name, number) => firstOf.get(number) ?? []);
  return new Map([...all.slice(0, count), ...firsts].map(({ index, own }) => [index, own]));
}

/** The mask of every item whose mask is shown: a share of all that have one. */
export function showMasks(items: readonly Item[], shown: ShownLabels): ReadonlyMap<number, MaskFile> {
  const { ordered, count } = order(items.filter(({ mask }) => mask !== undefined), shown);
  return new Map(ordered.slice(0, count).map(({ index, mask }) => [index, mask!]));
}
