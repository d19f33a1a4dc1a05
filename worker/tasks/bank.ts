// What tasks with a bank of rows share: its name, how many negatives there are, and what is refused. Loads no tensor library.

import { PretextError } from '../../shared/errors/pretext-error.js';

/** Name of the bank in the state, and of what moves its rows. */
export const BANK = 'bank';

/** Negatives of each sample: as many as are asked for, or all. */
export const countNegatives = ({ negatives }: { readonly negatives: number }, numInstances: number): number => Math.min(negatives, numInstances - 1);

/** Throws PretextError BAD_RECIPE where an item has no other one to be told from. */
export function throwOnLoneItem(task: string, numInstances: number): void {
  if (numInstances >= 2) return;
  throw new PretextError('BAD_RECIPE', `task.name: "${task}" tells items from each other: expected at least 2 to train on, given ${numInstances}.`);
}
