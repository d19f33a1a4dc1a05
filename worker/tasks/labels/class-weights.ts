// How much classes count where some are rarer than others. Loads no tensor library.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { DataSizes } from '../task.js';

/** What a task that learns from labels lets a recipe say of it. */
export const classWeightsOption = z.enum(['none', 'balanced']).default('none').describe(
  'How much classes count. `balanced`: a rare class as much as a frequent one, each answer by the inverse of how frequent it is among the shown labels, 1 on average.');

export type ClassWeights = z.output<typeof classWeightsOption>;

/** The share of each class. Throws PretextError BAD_RECIPE where that is not known of all. */
export function sharesOf({ classes = [], classShares }: DataSizes): readonly number[] {
  if (classShares?.length === classes.length) return classShares;
  throw new PretextError('BAD_RECIPE', `data.classShares: classes are weighed by their shares, expected ${classes.length} of them, given ${classShares?.length ?? 'none'}.`, {
    hint: 'A run finds them in the labels: leave the key out.',
  });
}

/** What an answer of each class counts; undefined where all count alike. A class without an item counts nothing. */
export function weighClasses(option: ClassWeights, sizes: DataSizes): readonly number[] | undefined {
  if (option === 'none') return undefined;
  const shares = sharesOf(sizes);
  return shares.map((share) => (share > 0 ? 1 / (shares.length * share) : 0));
}
