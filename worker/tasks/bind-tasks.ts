// From what a recipe learns to its puzzle. Loads no tensor library; bind-objective.ts has the other half.

import { tasksOf, type Learning, type TaskChoice } from '../../shared/recipe/tasks.js';
import { puzzles, type TaskName } from './puzzles.js';
import type { DataSizes, Puzzle, TaskInfo } from './task.js';
import { sumPuzzles } from './wrap/sum-puzzle.js';

const bindOne = ({ name, options }: TaskChoice, sizes: DataSizes): Puzzle => (puzzles[name as TaskName] as TaskInfo).bind(options, sizes);

/** The tasks of a complete recipe as one. Throws PretextError BAD_RECIPE where options and sizes do not go together. */
export function bindTasks(learning: Learning, sizes: DataSizes): Puzzle {
  const [first, ...others] = tasksOf(learning).map(({ name, weight, ...choice }) => ({ name, weight, puzzle: bindOne({ name, ...choice }, sizes) }));
  return others.length === 0 ? first!.puzzle : sumPuzzles([first!, ...others], { turns: learning.turns ?? 'none', sizes });
}
