// The file that augmentation threads run: piscina calls its default export with one job at a time.

import { workerData } from 'piscina';
import { loadTask, prepareSamples, type PrepareJob, type PreparePlan } from './prepare-samples.js';

const plan = workerData as PreparePlan;
const task = await loadTask(plan);

/** Prepares the samples of a job in place. */
export default function prepareJob(job: PrepareJob): void {
  prepareSamples(task, plan, job);
}
