// A drawn puzzle for people, whether or not its task has words for it.

import type { Arrays, Explanation, Puzzle, ShownArray } from './task.js';

/** The answer is empty where the task has no words for it. */
export function explainPuzzle(puzzle: Pick<Puzzle, 'arrays' | 'explain'>, drawn: Arrays): Required<Explanation> {
  const { answer = '', shown } = puzzle.explain?.(drawn) ?? {};
  return { answer, shown: shown ?? Object.fromEntries(Object.entries(puzzle.arrays).map(([name, { shape }]): [string, ShownArray] => [name, { shape, values: drawn[name]! }])) };
}
