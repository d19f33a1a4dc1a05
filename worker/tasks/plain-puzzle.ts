// A puzzle as it is measured: of each item the plain one, where the task has such.

import type { Puzzle } from './task.js';

export const drawPlainly = (puzzle: Puzzle): Puzzle => (puzzle.drawPlain ? { ...puzzle, draw: puzzle.drawPlain } : puzzle);
