// Which labels a task is shown where it is shown a share of them. Pure.

import { createRandom } from '../random/random.js';
import type { Item } from './dataset.js';

export interface ShownLabels {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** Of the items of each class, rounded; one at least. */
  readonly share: number;
  readonly seed: number;
}

/** The class number of every item whose label is shown, by the item's index. A larger share shows the same and more. */
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

/** The classes of items that have one, in the order of their names. */
export const classesOf = (items: readonly Item[]): string[] => [...new Set(items.flatMap(({ label }) => label ?? []))].sort();
