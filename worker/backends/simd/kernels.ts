// Loads the WebAssembly kernels and runs them, on this thread and on helpers: a kernel's work is cut into chunks that no
// other chunk depends on.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { Heap } from './heap.js';
import { Job, JOB_BYTES, listKernels } from './job.js';
import { loadModule } from './module.js';
import { bindNative, findNative } from './native.js';
import type { NativeKernels } from './native.js';
import { SLOTS_DIGEST, type KernelName, type Slots } from './slots.js';
import type { ThreadData } from './thread.js';

const INITIAL_PAGES = 256;
/** 4 GiB: what 32-bit addresses reach. The system commits a page when it is first touched. */
const MAXIMUM_PAGES = 65536;
const SCRATCH_BYTES = 65536;

export interface Kernels {
  /** Kernels of one name give the same bits on every machine. */
  readonly name: string;
  readonly heap: Heap;
  /** Runs the chunks 0..numChunks-1 of a kernel. */
  run<Name extends KernelName>(name: Name, numChunks: number, slots: Slots<Name>): void;
  /** Ends the helping threads. */
  dispose(): Promise<void>;
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** A float as the integer of the same bits, for a slot. */
export function floatBits(value: number): number {
  floats[0] = value;
  return bits[0]!;
}

function createMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
  } catch (cause) {
    throw new PretextError('BACKEND_ABSENT', 'backend \'simd\' cannot run here: the system does not give it an address space of 4 GiB', {
      hint: 'Lift the limit on virtual memory (`ulimit -v unlimited`).', cause,
    });
  }
}

function throwOnOtherSlots({ SLOTS_DIGEST: built }: Record<string, unknown>): void {
  if ((built as { readonly value: number } | undefined)?.value === SLOTS_DIGEST) return;
  throw new PretextError('BACKEND_ABSENT', 'backend \'simd\' cannot run here: its kernels were built for other arguments', {
    hint: 'Run `npm run build:wasm`.',
  });
}

async function startThread(data: ThreadData): Promise<Worker> {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: data });
  await once(worker, 'message');
  // Not before it runs: a thread that is unreferenced while it starts may never start.
  worker.unref();
  return worker;
}

/** Compiles the module, gives it a fresh memory, and starts `numThreads - 1` helpers. Native kernels replace those that they can. */
export async function loadKernels(numThreads: number, find: () => NativeKernels | undefined = findNative): Promise<Kernels> {
  const memory = createMemory();
  const { name, module } = loadModule();
  const native = find();
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  throwOnOtherSlots(exports);
  const heap = new Heap(memory, (exports.heapBase as () => number)(), MAXIMUM_PAGES);
  const jobAt = heap.allocate(JOB_BYTES);
  (exports.setScratch as (at: number) => void)(heap.allocate(SCRATCH_BYTES));
  const job = new Job(memory.buffer, jobAt);
  const kernels = listKernels({ ...exports, ...(native && bindNative(native, memory)) });
  const indices = new Map(kernels.map(({ name }, index) => [name, index]));
  const helpers = await Promise.all(
    Array.from({ length: numThreads - 1 }, () => startThread({ module, memory, jobAt, scratchAt: heap.allocate(SCRATCH_BYTES), native })),
  );

  function run<Name extends KernelName>(name: Name, numChunks: number, slots: Slots<Name>): void {
    const work = { index: indices.get(name)!, numChunks, slots };
    if (numChunks === 1 || numThreads === 1) job.runAlone(kernels, work);
    else job.runShared(kernels, work, numThreads);
  }

  async function dispose(): Promise<void> {
    job.stop();
    await Promise.all(helpers.map((helper) => helper.terminate()));
  }
  return { name: native ? `native-${native.set}` : name, heap, run, dispose };
}
