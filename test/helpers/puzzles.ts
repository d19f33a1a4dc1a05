// Single puzzles of a task, for tests that look at what is drawn.

import type { Random } from '../../shared/random/random.js';
import { createArrays } from '../../worker/augment/arrays.js';
import type { Media } from '../../worker/decode/media.js';
import { PHOTOGRAPHS } from '../../worker/pixels.js';
import type { Arrays, DataSizes, Puzzle, TaskInfo } from '../../worker/tasks/task.js';

export const sizesOf = (side: number): DataSizes => ({ side, pixels: PHOTOGRAPHS, microbatchSize: 4, samplesPerStep: 8, numInstances: 10, classes: ['a', 'b', 'c'] });

/** A task with some of its options given. */
export function bindTask<Options>(task: TaskInfo<Options>, given: unknown, side: number): Puzzle {
  return task.bind(task.options.parse(given), sizesOf(side));
}

/** Draws one puzzle into fresh arrays. */
export function drawOne(puzzle: Puzzle, media: Media, random: Random): { readonly out: Arrays; readonly isDrawn: boolean } {
  const { arrays: out } = createArrays(puzzle, 1);
  return { out, isDrawn: puzzle.draw(media, random, out) };
}
