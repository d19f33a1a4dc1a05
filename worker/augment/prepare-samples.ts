// Draws the puzzles of some samples of a microbatch: what an augmentation thread does, and nothing else.

import { messageOf } from '../../shared/errors/pretext-error.js';
import { createRandom, type Random } from '../../shared/random/random.js';
import type { Learning } from '../../shared/recipe/tasks.js';
import type { Media } from '../decode/media.js';
import type { Arrays, DataSizes, Puzzle, TypedArray } from '../tasks/task.js';

/** A sample to prepare, or null for a slot whose sample could not be decoded. */
export type SampleSource = { readonly media: Media; readonly epoch: number; readonly sample: number; readonly turn?: number | undefined } | null;

/** A microbatch's arrays on shared memory. */
export interface DrawnArrays {
  /** The puzzle's arrays, sample after sample. */
  readonly arrays: Arrays;
  /** [samples]: 1 for a puzzle, 0 for a slot without one, which is all zeros. */
  readonly weights: Float32Array;
}

/** A slot whose sample the puzzle could not be drawn from: the task threw. */
export interface DrawFailure {
  readonly slot: number;
  readonly reason: string;
}

/** Everything that goes to a thread. Arrays and media lie on shared memory, so this is small however large they are. */
export interface PrepareJob extends DrawnArrays {
  /** Slot of the first of `samples`. */
  readonly firstSlot: number;
  readonly samples: readonly SampleSource[];
  readonly seed: number;
}

/** Which puzzles are drawn: what a complete recipe learns, and sizes. */
export interface PuzzleChoice {
  readonly learning: Learning;
  readonly sizes: DataSizes;
}

/** A puzzle is drawn of media by the random numbers of its sample. */
export interface PuzzleSource {
  readonly media: Media;
  readonly random: Random;
  readonly turn?: number | undefined;
}

/**
 * Fills the slots of a job's samples. A sample's bytes depend on its media and its key (seed, epoch, sample) only. A sample that the
 * task throws on gets no puzzle; the others do.
 */
export function prepareSamples(puzzle: Puzzle, { firstSlot, samples, seed, ...drawn }: PrepareJob): DrawFailure[] {
  const failures: DrawFailure[] = [];
  samples.forEach((source, index) => {
    const slot = firstSlot + index;
    if (source === null) {
      emptySlot(drawn, slot);
      return;
    }
    const { media, epoch, sample, turn } = source;
    try {
      fillSlot(puzzle, drawn, slot, { media, random: createRandom({ seed, epoch, sample, purpose: 'puzzle' }), turn });
    } catch (error) {
      emptySlot(drawn, slot);
      failures.push({ slot, reason: messageOf(error) });
    }
  });
  return failures;
}

/** Draws a puzzle into a slot, which is empty where there is none: then false. Throws what the task throws. */
export function fillSlot(puzzle: Puzzle, drawn: DrawnArrays, slot: number, { media, random, turn }: PuzzleSource): boolean {
  // The arrays are used again and again: nothing of an earlier puzzle may remain, nor of one that was begun.
  const isDrawn = puzzle.draw(media, random, emptySlot(drawn, slot), turn);
  if (isDrawn) drawn.weights[slot] = 1;
  else emptySlot(drawn, slot);
  return isDrawn;
}

/** The slot's part of the arrays, all zeros, without a puzzle. */
function emptySlot({ arrays, weights }: DrawnArrays, slot: number): Arrays {
  const out = sliceSample(arrays, slot, weights.length);
  clear(out);
  weights[slot] = 0;
  return out;
}

/** One sample's part of the arrays of `numSamples`; views, no copies. */
export function sliceSample(arrays: Arrays, slot: number, numSamples: number): Arrays {
  const slice = (array: TypedArray): TypedArray => {
    const length = array.length / numSamples;
    return array.subarray(slot * length, (slot + 1) * length);
  };
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, slice(array)]));
}

/** Makes all numbers 0. */
export function clear(arrays: Arrays): void {
  for (const array of Object.values(arrays)) array.fill(0);
}
