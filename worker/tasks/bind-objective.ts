// From what a recipe learns to its objective; bind-tasks.ts has the half that draws.

import { tasksOf, type Learning, type TaskChoice } from '../../shared/recipe/tasks.js';
import { bindPlainTasks } from './bind-tasks.js';
import type { Objective, ObjectiveFactory } from './objective.js';
import { objectives } from './objectives.js';
import type { TaskName } from './puzzles.js';
import type { DataSizes } from './task.js';
import { repeatObjective } from './wrap/consistent-objective.js';
import { planConsistency } from './wrap/consistent-puzzle.js';
import { sumObjectives, type SumPart } from './wrap/sum-objective.js';

const bindOne = ({ name, options }: TaskChoice, sizes: DataSizes): Objective => (objectives[name as TaskName] as ObjectiveFactory)(options, sizes);

function bindPlain(learning: Learning, sizes: DataSizes): Objective {
  const [first, ...others] = tasksOf(learning);
  if (others.length === 0) return bindOne(first!, sizes);
  return sumObjectives([first!, ...others].map((task): SumPart =>
    ({ ...task, puzzle: bindPlainTasks({ task }, sizes), objective: bindOne(task, sizes) })), learning.balance ?? 'fixed');
}

/** All that a complete recipe learns as one objective. */
export function bindObjective(learning: Learning, sizes: DataSizes): Objective {
  const { consistency } = learning;
  const plain = bindPlain(learning, sizes);
  return consistency ? repeatObjective(plain, planConsistency(bindPlainTasks(learning, sizes), consistency, sizes), consistency) : plain;
}
