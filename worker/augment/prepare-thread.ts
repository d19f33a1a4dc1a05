// The file that augmentation threads run: piscina calls its default export with one job at a time.

import { workerData } from 'piscina';
import { bindPuzzle, prepareSamples, type DrawFailure, type PrepareJob, type PuzzleChoice } from './prepare-samples.js';

const puzzle = bindPuzzle(workerData as PuzzleChoice);

/** Prepares the samples of a job in place, and returns those that could not be. */
export default function prepareJob(job: PrepareJob): DrawFailure[] {
  return prepareSamples(puzzle, job);
}
