// Which arrays a step leaves as they are, because their group is frozen.

import type { LayoutEntry } from '../../shared/state/layout.js';
import type { OptimizerGroup } from '../bind-recipe.js';
import type { TrainerParts } from './build-parts.js';

const isOfNorm = (entry: LayoutEntry): boolean => entry.kind === 'statistic' || (entry.kind === 'trained' && entry.isNorm === true);

/** How many steps at the beginning leave a trained array, or a statistic, as it is. */
export const countFrozenSteps = (entry: LayoutEntry, { frozenUntil, norms }: OptimizerGroup): number =>
  (norms === 'train' && isOfNorm(entry) ? 0 : frozenUntil);

/** Names of the trained arrays and the statistics that a step (1-based) leaves as they are. */
export function listFrozen({ layout, groupOf }: Pick<TrainerParts, 'layout' | 'groupOf'>, step: number): ReadonlySet<string> {
  const canMove = layout.entries.filter(({ kind }) => kind === 'trained' || kind === 'statistic');
  return new Set(canMove.filter((entry) => step <= countFrozenSteps(entry, groupOf(entry.name))).map(({ name }) => name));
}
