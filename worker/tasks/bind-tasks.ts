// From what a recipe learns to its puzzle. Loads no tensor library; bind-objective.ts has the other half.

import { tasksOf, type Learning, type TaskChoice } from '../../shared/recipe/tasks.js';
import { puzzles, type TaskName } from './puzzles.js';
import type { DataSizes, Puzzle, TaskInfo } from './task.js';
import { planConsistency, repeatPuzzle } from './wrap/consistent-puzzle.js';
import { sumPuzzles } from './wrap/sum-puzzle.js';

const bindOne = ({ name, options }: TaskChoice, sizes: DataSizes): Puzzle => (puzzles[name as TaskName] as TaskInfo).bind(options, sizes);

/** The tasks of a complete recipe as one, without consistency. */
export function bindPlainTasks(learning: Learning, sizes: DataSizes): Puzzle {
  const [first, ...others] = tasksOf(learning).map((task) => ({ ...task, puzzle: bindOne(task, sizes) }));
  return others.length === 0 ? first!.puzzle : sumPuzzles([first!, ...others], { turns: learning.turns ?? 'none', balance: learning.balance ?? 'fixed', sizes });
}

/** All that a complete recipe learns as one task. Throws PretextError BAD_RECIPE where its parts do not go together. */
export function bindTasks(learning: Learning, sizes: DataSizes): Puzzle {
  const { task, consistency } = learning;
  const first = bindPlainTasks(learning, sizes);
  if (!consistency) return first;
  const second = consistency.second ? bindOne({ ...task, options: consistency.second }, sizes) : first;
  return repeatPuzzle({ first, second }, planConsistency(first, consistency, sizes), sizes);
}
