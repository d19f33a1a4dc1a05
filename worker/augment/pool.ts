// Microbatches of puzzles from decoded frames, on a pool of threads over shared memory. Leaves out what a puzzle is (tasks/)
// and where frames come from (decode/).

import { Piscina } from 'piscina';
import { createLimiter } from '../../shared/datasets/limiter.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { bindTasks } from '../tasks/bind-tasks.js';
import type { Puzzle } from '../tasks/task.js';
import { createArraysPool } from './arrays.js';
import { prepareSamples, type DrawFailure, type DrawnArrays, type PrepareJob, type PuzzleChoice, type SampleSource } from './prepare-samples.js';

export interface PreparerOptions {
  readonly choice: PuzzleChoice;
  /** Threads to prepare on; 0 prepares in the calling thread. The bytes are the same. */
  readonly threads: number;
  /** Microbatches prepared at once; further calls wait their turn. */
  readonly maxQueue: number;
}

/** A microbatch ready for the model, on shared memory; `release` it when its tensors are made. */
export interface PreparedBatch extends DrawnArrays {
  /** Slots whose media were there but made no puzzle; their weight is 0, as that of slots without media. */
  readonly unusable: readonly number[];
  /** Those of them that the task threw on, with what it said. */
  readonly failures: readonly DrawFailure[];
}

export interface Preparer {
  readonly puzzle: Puzzle;
  /** Draws the puzzles of a microbatch: slot i is that of `samples[i]`. Throws what a thread dies of; CANCELLED after `dispose`. */
  prepare(samples: readonly SampleSource[], seed: number): Promise<PreparedBatch>;
  /** Gives a microbatch's arrays back to be used again; nobody may read them any more. */
  release(batch: PreparedBatch): void;
  /** Ends the threads. What is being prepared fails. */
  dispose(): Promise<void>;
}

type RunJob = (job: PrepareJob) => Promise<DrawFailure[]>;

/** Starts the threads for one task. The caller disposes it. */
export function createPreparer({ choice, threads, maxQueue }: PreparerOptions): Preparer {
  const puzzle = bindTasks(choice.learning, choice.sizes);
  const limit = createLimiter(maxQueue);
  const arrays = createArraysPool(puzzle);
  const pool = threads > 0 ? createThreads(choice, threads) : undefined;
  let isDisposed = false;

  const runJob: RunJob = pool ? (job) => pool.run(job) as Promise<DrawFailure[]> : (job) => Promise.resolve(prepareSamples(puzzle, job));

  async function prepareNow(samples: readonly SampleSource[], seed: number): Promise<PreparedBatch> {
    throwOnDisposed();
    const drawn = arrays.take(samples.length);
    let failures: DrawFailure[][];
    try {
      failures = await Promise.all(splitJob({ ...drawn, firstSlot: 0, samples, seed }, threads).map(runJob));
    } catch (error) {
      throwOnDisposed();
      throw new Error(`The task "${nameTasks(choice.learning)}" could not prepare a microbatch: ${messageOf(error)}`, { cause: error });
    }
    return { ...drawn, unusable: findUnusable(samples, drawn.weights), failures: failures.flat() };
  }

  function throwOnDisposed(): void {
    if (isDisposed) throw new PretextError('CANCELLED', 'The preparer was disposed.');
  }

  return {
    puzzle,
    prepare: (samples, seed) => limit(() => prepareNow(samples, seed)),
    release: (batch) => arrays.give(batch),
    async dispose() {
      isDisposed = true;
      await pool?.destroy();
    },
  };
}

function createThreads(choice: PuzzleChoice, threads: number): Piscina {
  return new Piscina({
    filename: new URL('./prepare-thread.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData: choice,
  });
}

/** One job for each thread, of neighbouring samples: a task per sample would cost more in messages than it spreads. */
function splitJob(job: PrepareJob, threads: number): PrepareJob[] {
  const length = Math.ceil(job.samples.length / Math.max(1, threads));
  const jobs: PrepareJob[] = [];
  for (let start = 0; start < job.samples.length; start += length) {
    jobs.push({ ...job, firstSlot: start, samples: job.samples.slice(start, start + length) });
  }
  return jobs;
}

function findUnusable(samples: readonly SampleSource[], weights: Float32Array): number[] {
  return [...samples.keys()].filter((slot) => samples[slot] !== null && weights[slot] === 0);
}
