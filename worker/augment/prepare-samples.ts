// One run of a task's `prepare` over some samples of a microbatch: what an augmentation thread does, and nothing else.
// Shape letters: B samples, F frames a sample, H = W = side, C = 3, T target numbers a sample.

import { createRandom } from '../../shared/random/random.js';
import type { Frames } from '../decode/frames.js';
import type { Task } from '../tasks/task.js';

/** A sample to prepare, or null for a slot whose sample could not be decoded. */
export type SampleSource = { readonly frames: Frames; readonly epoch: number; readonly sample: number } | null;

/** A microbatch's arrays on shared memory. */
export interface PreparedArrays {
  /** [B,F,side,side,3] */
  readonly inputs: Float32Array;
  /** [B,T] */
  readonly targets: Int32Array;
  /** [B]: 1 for a puzzle, 0 for a slot without one, which is all zeros. */
  readonly weights: Float32Array;
}

/** Everything that goes to a thread. Arrays and frames lie on shared memory, so this is small however large they are. */
export interface PrepareJob {
  readonly arrays: PreparedArrays;
  /** Samples of the whole microbatch. */
  readonly batchSize: number;
  /** Slot of the first of `samples`. */
  readonly firstSlot: number;
  readonly samples: readonly SampleSource[];
  readonly seed: number;
}

/** Which task prepares, and with what. */
export interface PreparePlan {
  readonly taskName: string;
  readonly taskOptions: unknown;
  readonly side: number;
  /** Module that exports the registry `tasks`. */
  readonly registryUrl: string;
}

/** The task that a plan names. Throws on a name that the registry does not know. */
export async function loadTask({ registryUrl, taskName }: PreparePlan): Promise<Task> {
  const { tasks } = (await import(registryUrl)) as { tasks: Record<string, Task> };
  const task = Object.hasOwn(tasks, taskName) ? tasks[taskName] : undefined;
  if (task) return task;
  throw new Error(`There is no task "${taskName}"; there are ${Object.keys(tasks).join(', ')}.`);
}

/** Fills the slots of a job's samples. A sample's bytes depend on its frames and its key (seed, epoch, sample) only. */
export function prepareSamples(task: Task, { taskOptions, side }: PreparePlan, job: PrepareJob): void {
  const { arrays, batchSize, firstSlot, samples, seed } = job;
  const inputLength = arrays.inputs.length / batchSize;
  const targetLength = arrays.targets.length / batchSize;
  samples.forEach((source, index) => {
    const slot = firstSlot + index;
    const inputsFHWC = arrays.inputs.subarray(slot * inputLength, (slot + 1) * inputLength);
    const targets = arrays.targets.subarray(slot * targetLength, (slot + 1) * targetLength);
    // The arrays are used again and again: nothing of an earlier microbatch may remain.
    inputsFHWC.fill(0);
    targets.fill(0);
    const isPrepared = source !== null && prepareOne(source, inputsFHWC, targets);
    if (!isPrepared) {
      inputsFHWC.fill(0);
      targets.fill(0);
    }
    arrays.weights[slot] = isPrepared ? 1 : 0;
  });

  function prepareOne(source: NonNullable<SampleSource>, inputsFHWC: Float32Array, targets: Int32Array): boolean {
    const random = createRandom({ seed, epoch: source.epoch, sample: source.sample, purpose: 'puzzle' });
    return task.prepare(source.frames, random, taskOptions, side, { inputsFHWC, targets });
  }
}
