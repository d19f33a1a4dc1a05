// The file that augmentation threads run: piscina calls its default export with one job at a time.

import { workerData } from 'piscina';
import { bindPuzzle, prepareSamples, type PrepareJob, type PuzzleChoice } from './prepare-samples.js';

const puzzle = bindPuzzle(workerData as PuzzleChoice);

/** Prepares the samples of a job in place. */
export default function prepareJob(job: PrepareJob): void {
  prepareSamples(puzzle, job);
}
