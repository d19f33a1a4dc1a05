// Loads the WebAssembly kernels and calls them: a kernel's work is cut into chunks that no other chunk depends on.

import { readFileSync } from 'node:fs';
import { Heap } from './heap.js';

export const kernelsUrl = new URL('./kernels.wasm', import.meta.url);

const INITIAL_PAGES = 256;
/** 4 GiB: what 32-bit addresses reach. The system commits a page when it is first touched. */
const MAXIMUM_PAGES = 65536;
const SLOTS_BYTES = 256;
const SCRATCH_BYTES = 65536;

type ChunkFunction = (slots: number, chunk: number) => void;

export interface Kernels {
  readonly heap: Heap;
  /**
   * Runs the chunks 0..numChunks-1 of a kernel. Arguments are 32-bit slots, in the order that the kernel's comment gives:
   * integers as they are, floats through `floatBits`.
   */
  run(name: string, numChunks: number, slots: readonly number[]): void;
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** A float as the integer of the same bits, for a slot. */
export function floatBits(value: number): number {
  floats[0] = value;
  return bits[0]!;
}

/** Compiles the module and gives it a fresh memory. */
export function loadKernels(): Kernels {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
  const module = new WebAssembly.Module(readFileSync(kernelsUrl));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const heapBase = (exports.heapBase as () => number)();
  const heap = new Heap(memory, heapBase, MAXIMUM_PAGES);
  const slotsAt = heap.allocate(SLOTS_BYTES);
  (exports.setScratch as (at: number) => void)(heap.allocate(SCRATCH_BYTES));
  const slotsView = new Int32Array(memory.buffer, slotsAt, SLOTS_BYTES / 4);

  function run(name: string, numChunks: number, slots: readonly number[]): void {
    const kernel = exports[name] as ChunkFunction;
    slotsView.set(slots);
    for (let chunk = 0; chunk < numChunks; chunk++) kernel(slotsAt, chunk);
  }
  return { heap, run };
}
