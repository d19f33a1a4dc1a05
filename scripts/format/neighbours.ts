// Nearest items and near-duplicates, in words.

import type { Neighbours } from '../neighbours/find-neighbours.js';

const MOST_PAIRS = 10;
/** Share of the items to test on that look like one to train on: more says that features are all alike. */
const ALL_ALIKE = 0.5;

/** Lines without their ends. */
export function formatNeighbours({ queries, duplicates, numTest }: Neighbours, likeness: number): string[] {
  const labelled = queries.flatMap(({ item, nearest }) => (item.label === undefined ? [] : nearest.map((near) => near.item.label === item.label)));
  const right = labelled.filter((isRight) => isRight).length;
  return [
    `${queries.length} queries${labelled.length > 0 ? `: ${right} of their ${labelled.length} nearest items are of their class` : ''}`,
    ...(numTest === 0 ? [] : formatDuplicates({ duplicates, numTest }, likeness)),
  ];
}

function formatDuplicates({ duplicates, numTest }: Pick<Neighbours, 'duplicates' | 'numTest'>, likeness: number): string[] {
  if (duplicates.length === 0) return [`no item to test on is like one to train on by ${likeness} or more`];
  const rest = duplicates.length - MOST_PAIRS;
  return [
    `${duplicates.length} of ${numTest} items to test on are like one to train on by ${likeness} or more: what is measured on them may have been learnt by heart`,
    ...(duplicates.length > ALL_ALIKE * numTest ? ['  so many that these features tell little apart: try another --stage, or a higher --likeness'] : []),
    ...duplicates.slice(0, MOST_PAIRS).map(({ test, train, likeness, isSame }) => `  ${likeness.toFixed(4)}  ${test}  ${train}${isSame ? '  the same file' : ''}`),
    ...(rest > 0 ? [`  and ${rest} more: --json lists all of them`] : []),
  ];
}
