// What tasks share that learn from labels. Loads no tensor library.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { DataSizes } from '../task.js';

export const smoothingOption = z.number().min(0).lt(1).default(0).describe('Share of the answer that is spread over all that could be said.');

export const mixupOption = z.number().min(0).max(1).default(0).describe(
  'Blends each labelled picture with another one of its microbatch, by a share drawn of Beta(mixup, mixup), and what is wanted of it likewise. 0: not. What is measured on the way is then of blended pictures.');

/** The names of the classes. Throws PretextError BAD_RECIPE where a recipe has none. */
export function classesOf(task: string, { classes }: DataSizes): readonly string[] {
  if (classes) return classes;
  throw new PretextError('BAD_RECIPE', `data.classes: ${task} learns from labels, expected the names of the classes.`, { hint: 'A run finds them in the data.' });
}
