// The file that augmentation threads run: piscina calls its default export with one job at a time.

import { workerData } from 'piscina';
import { bindTasks } from '../tasks/bind-tasks.js';
import { prepareSamples, type DrawFailure, type PrepareJob, type PuzzleChoice } from './prepare-samples.js';

const { learning, sizes } = workerData as PuzzleChoice;
const puzzle = bindTasks(learning, sizes);

/** Prepares the samples of a job in place, and returns those that could not be. */
export default function prepareJob(job: PrepareJob): DrawFailure[] {
  return prepareSamples(puzzle, job);
}
