// How threads share one kernel's chunks: a counter of those left to take, in shared memory. A thread first takes a chunk
// and then reads what to run; the job cannot change before that chunk is reported done. A chunk's numbers do not depend on the
// thread that computes it, so results do not depend on the number of threads.

import { kernelLayouts, layouts, type KernelName } from './slots.js';

const REMAINING = 0;
const PENDING = 1;
const KERNEL = 2;
const GRAIN = 3;
const STOPPED = 4;
const FAILED = 5;
const HEADER_INTS = 16;
const SLOTS_INTS = 64;

export const JOB_BYTES = (HEADER_INTS + SLOTS_INTS) * 4;

/** How often a thread looks at the counter before it sleeps: a step's kernels follow each other closely. */
const SPINS = 3000;
/** Shares of a job for each thread: enough that a slow thread holds nobody up for long, few enough to cost little. */
const SHARES_PER_THREAD = 8;

export type ChunkFunction = (slots: number, chunk: number) => void;

export interface Kernel {
  readonly name: KernelName;
  readonly run: ChunkFunction;
  /** Names of its arguments, in the order of their slots. */
  readonly slots: readonly string[];
}

/** What a kernel is to do. */
export interface Work {
  /** Among those that `listKernels` gave. */
  readonly index: number;
  readonly numChunks: number;
  readonly slots: Readonly<Record<string, number>>;
}

/** The kernels of a module, in an order that is the same in every thread. */
export function listKernels(exports: Readonly<Record<string, unknown>>): Kernel[] {
  return Object.keys(exports)
    .filter((name): name is KernelName => Object.hasOwn(kernelLayouts, name))
    .sort()
    .map((name) => ({ name, run: exports[name] as ChunkFunction, slots: layouts[kernelLayouts[name]] }));
}

export class Job {
  readonly #ints: Int32Array;
  readonly #slotsAt: number;

  constructor(buffer: SharedArrayBuffer, at: number) {
    this.#ints = new Int32Array(buffer, at, HEADER_INTS + SLOTS_INTS);
    this.#slotsAt = at + HEADER_INTS * 4;
  }

  /** Runs all chunks on this thread alone. */
  runAlone(kernels: readonly Kernel[], { index, numChunks, slots }: Work): void {
    const kernel = kernels[index]!;
    this.#writeSlots(kernel, slots);
    for (let chunk = 0; chunk < numChunks; chunk++) kernel.run(this.#slotsAt, chunk);
  }

  /** Runs all chunks on this thread and on those that help; returns when all are done. */
  runShared(kernels: readonly Kernel[], { index, numChunks, slots }: Work, numThreads: number): void {
    const ints = this.#ints;
    this.#writeSlots(kernels[index]!, slots);
    ints[KERNEL] = index;
    ints[GRAIN] = Math.max(1, Math.floor(numChunks / (numThreads * SHARES_PER_THREAD)));
    ints[PENDING] = numChunks;
    Atomics.store(ints, REMAINING, numChunks);
    Atomics.notify(ints, REMAINING);
    this.#takeAll(kernels);
    this.#waitForOthers();
    if (Atomics.exchange(ints, FAILED, 0) === 1) throw new Error(`simd: kernel ${kernels[index]!.name} reached outside the memory`);
  }

  /** A helping thread's life: takes chunks, sleeps while there are none, returns when stopped. */
  help(kernels: readonly Kernel[]): void {
    while (Atomics.load(this.#ints, STOPPED) === 0) {
      this.#takeAll(kernels);
      let spins = SPINS;
      while (spins > 0 && Atomics.load(this.#ints, REMAINING) === 0) spins -= 1;
      if (spins === 0) Atomics.wait(this.#ints, REMAINING, 0);
    }
  }

  /** Ends the helpers. */
  stop(): void {
    Atomics.store(this.#ints, STOPPED, 1);
    // A helper sleeps only while the counter is 0, so that it cannot miss this.
    Atomics.store(this.#ints, REMAINING, -1);
    Atomics.notify(this.#ints, REMAINING);
  }

  #writeSlots({ slots: names }: Kernel, slots: Work['slots']): void {
    for (let i = 0; i < names.length; i++) this.#ints[HEADER_INTS + i] = slots[names[i]!]!;
  }

  #takeAll(kernels: readonly Kernel[]): void {
    const ints = this.#ints;
    for (;;) {
      const left = Atomics.load(ints, REMAINING);
      if (left <= 0) return;
      const next = Math.max(0, left - ints[GRAIN]!);
      if (Atomics.compareExchange(ints, REMAINING, left, next) !== left) continue;
      const { run } = kernels[ints[KERNEL]!]!;
      try {
        for (let chunk = next; chunk < left; chunk++) run(this.#slotsAt, chunk);
      } catch {
        // Reported by the thread that asked; it must not wait forever.
        Atomics.store(ints, FAILED, 1);
      }
      if (Atomics.sub(ints, PENDING, left - next) === left - next) Atomics.notify(ints, PENDING);
    }
  }

  #waitForOthers(): void {
    const ints = this.#ints;
    for (let spins = SPINS; spins > 0; spins--) if (Atomics.load(ints, PENDING) === 0) return;
    for (let pending = Atomics.load(ints, PENDING); pending !== 0; pending = Atomics.load(ints, PENDING)) {
      Atomics.wait(ints, PENDING, pending);
    }
  }
}
