// Files that could not be used, in words: all are counted, some named.

import type { RejectedItem } from '../../shared/datasets/dataset.js';

const MOST_NAMED = 20;

/** Lines without their ends; none where all could be used. */
export function formatUnusable(unusable: readonly RejectedItem[]): string[] {
  if (unusable.length === 0) return [];
  const rest = unusable.length - MOST_NAMED;
  return [
    `${unusable.length} ${unusable.length === 1 ? 'file' : 'files'} could not be used`,
    ...unusable.slice(0, MOST_NAMED).map(({ path, code, reason }) => `  ${path}: ${code}: ${reason}`),
    ...(rest > 0 ? [`  and ${rest} more: --json names all of them`] : []),
  ];
}
