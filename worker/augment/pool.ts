// Microbatches of puzzles from decoded frames, on a pool of threads over shared memory. Leaves out what a puzzle is (tasks/)
// and where frames come from (decode/).

import { Piscina } from 'piscina';
import { createLimiter } from '../../shared/datasets/limiter.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { SampleShape } from '../tasks/task.js';
import { loadTask, prepareSamples, type PreparedArrays, type PrepareJob, type PreparePlan, type SampleSource } from './prepare-samples.js';

export interface PreparerOptions {
  readonly taskName: string;
  /** Already validated by the task's schema. */
  readonly taskOptions: unknown;
  /** Crop side in pixels. */
  readonly side: number;
  /** Threads to prepare on; 0 prepares in the calling thread. The bytes are the same. */
  readonly threads: number;
  /** Microbatches prepared at once; further calls wait their turn. */
  readonly maxQueue: number;
  /** Module that exports the registry `tasks`, for tests with tasks of their own. */
  readonly registryUrl?: string;
}

/** A microbatch ready for the model, on shared memory; `release` it when its tensors are made. */
export interface PreparedBatch extends PreparedArrays {
  /** Slots whose frames were there but made no puzzle; their weight is 0, as that of slots without frames. */
  readonly unusable: readonly number[];
}

export interface Preparer {
  readonly shape: SampleShape;
  /** Draws the puzzles of a microbatch: slot i is that of `samples[i]`. Throws what the task throws; CANCELLED after `dispose`. */
  prepare(samples: readonly SampleSource[], seed: number): Promise<PreparedBatch>;
  /** Gives a microbatch's arrays back to be used again; nobody may read them any more. */
  release(batch: PreparedBatch): void;
  /** Ends the threads. What is being prepared fails. */
  dispose(): Promise<void>;
}

type RunJob = (job: PrepareJob) => Promise<void>;

/** Starts the threads for one task. The caller disposes it. Throws on a task name that is not in the registry. */
export async function createPreparer(options: PreparerOptions): Promise<Preparer> {
  const { taskName, taskOptions, side, threads } = options;
  const registryUrl = options.registryUrl ?? new URL('../tasks/index.js', import.meta.url).href;
  const plan: PreparePlan = { taskName, taskOptions, side, registryUrl };
  const task = await loadTask(plan);
  const shape = task.shape(taskOptions, side);
  const limit = createLimiter(options.maxQueue);
  const arrays = createArraysPool(shape);
  const pool = threads > 0 ? createThreads(plan, threads) : undefined;
  let isDisposed = false;

  const runJob: RunJob = pool ? (job) => pool.run(job) as Promise<void> : (job) => Promise.resolve(prepareSamples(task, plan, job));

  async function prepareNow(samples: readonly SampleSource[], seed: number): Promise<PreparedBatch> {
    throwOnDisposed();
    const batch = arrays.take(samples.length);
    try {
      await Promise.all(splitJob({ arrays: batch, batchSize: samples.length, firstSlot: 0, samples, seed }, threads).map(runJob));
    } catch (error) {
      throwOnDisposed();
      throw new Error(`The task "${taskName}" could not prepare a microbatch: ${messageOf(error)}`, { cause: error });
    }
    return { ...batch, unusable: findUnusable(samples, batch.weights) };
  }

  function throwOnDisposed(): void {
    if (isDisposed) throw new PretextError('CANCELLED', 'The preparer was disposed.');
  }

  async function dispose(): Promise<void> {
    isDisposed = true;
    await pool?.destroy();
  }

  return {
    shape,
    prepare: (samples, seed) => limit(() => prepareNow(samples, seed)),
    release: ({ inputs, targets, weights }) => arrays.give({ inputs, targets, weights }),
    dispose,
  };
}

function createThreads(plan: PreparePlan, threads: number): Piscina {
  return new Piscina({
    filename: new URL('./prepare-thread.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData: plan,
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

/** Arrays that were given back, by batch size; made anew when there are none. */
function createArraysPool({ numFrames, side, numTargets }: SampleShape): {
  take(batchSize: number): PreparedArrays;
  give(arrays: PreparedArrays): void;
} {
  const free = new Map<number, PreparedArrays[]>();
  return {
    take: (batchSize) => free.get(batchSize)?.pop() ?? {
      inputs: new Float32Array(new SharedArrayBuffer(batchSize * numFrames * side * side * 3 * Float32Array.BYTES_PER_ELEMENT)),
      targets: new Int32Array(new SharedArrayBuffer(batchSize * numTargets * Int32Array.BYTES_PER_ELEMENT)),
      weights: new Float32Array(new SharedArrayBuffer(batchSize * Float32Array.BYTES_PER_ELEMENT)),
    },
    give(arrays) {
      const batchSize = arrays.weights.length;
      const others = free.get(batchSize) ?? [];
      // Given back twice, they would be handed to two microbatches at once.
      if (!others.some(({ inputs }) => inputs === arrays.inputs)) free.set(batchSize, [...others, arrays]);
    },
  };
}
