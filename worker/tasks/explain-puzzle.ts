// A drawn puzzle for people, whether or not its task has words for it.

import type { Arrays, Explanation, Puzzle, ShownArray } from './task.js';

/** The answer is empty where the task has no words for it. */
export function explainPuzzle(puzzle: Pick<Puzzle, 'arrays' | 'explain'>, drawn: Arrays): Required<Omit<Explanation, 'byTask'>> & Pick<Explanation, 'byTask'> {
  const { answer = '', shown, ...rest } = puzzle.explain?.(drawn) ?? {};
  return { ...rest, answer, shown: shown ?? Object.fromEntries(Object.entries(puzzle.arrays).map(([name, { shape }]): [string, ShownArray] => [name, { shape, values: drawn[name]! }])) };
}

/** The answers of several tasks in one line. */
export const joinAnswers = (byTask: Readonly<Record<string, string>>): string => Object.entries(byTask).map(([task, answer]) => `${task}: ${answer}`).join('; ');
