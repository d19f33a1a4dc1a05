// From what a recipe learns to its objective; bind-tasks.ts has the half that draws.

import { tasksOf, type Learning, type TaskChoice } from '../../shared/recipe/tasks.js';
import { bindTasks } from './bind-tasks.js';
import type { Objective, ObjectiveFactory } from './objective.js';
import { objectives } from './objectives.js';
import type { TaskName } from './puzzles.js';
import type { DataSizes } from './task.js';
import { sumObjectives, type SumPart } from './wrap/sum-objective.js';

const bindOne = ({ name, options }: TaskChoice, sizes: DataSizes): Objective => (objectives[name as TaskName] as ObjectiveFactory)(options, sizes);

/** The tasks of a complete recipe as one. */
export function bindObjective(learning: Learning, sizes: DataSizes): Objective {
  const [first, ...others] = tasksOf(learning);
  if (others.length === 0) return bindOne(first!, sizes);
  return sumObjectives([first!, ...others].map((task): SumPart => {
    const puzzle = bindTasks({ task }, sizes);
    return { name: task.name, weight: task.weight, puzzle, objective: bindOne(task, sizes) };
  }));
}
