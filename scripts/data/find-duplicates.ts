// Files of the same content. Pure.

import type { Item } from '../../shared/datasets/dataset.js';

export interface Duplicate {
  readonly paths: readonly string[];
  /** In training and in evaluation: what is measured was seen before. */
  readonly isAcrossSplits: boolean;
}

/** Files that hold the same, those across splits first. */
export function findDuplicates(items: readonly Item[]): Duplicate[] {
  const byContent = new Map<string, Item[]>();
  for (const item of items) {
    if (item.content === undefined) continue;
    const same = byContent.get(item.content);
    if (same) same.push(item);
    else byContent.set(item.content, [item]);
  }
  return [...byContent.values()].filter(({ length }) => length > 1)
    .map((same) => ({ paths: same.map(({ path }) => path), isAcrossSplits: new Set(same.map(({ split }) => split)).size > 1 }))
    .sort((a, b) => Number(b.isAcrossSplits) - Number(a.isAcrossSplits));
}
