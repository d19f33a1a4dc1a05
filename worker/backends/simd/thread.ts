// A thread that helps with kernels: its own instance of the module on the shared memory. Started by kernels.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { Job, listKernels } from './job.js';
import { bindNative } from './native.js';
import type { NativeKernels } from './native.js';

export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly jobAt: number;
  readonly scratchAt: number;
  readonly native: NativeKernels | undefined;
}

const { module, memory, jobAt, scratchAt, native } = workerData as ThreadData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
(exports.setScratch as (at: number) => void)(scratchAt);
const job = new Job(memory.buffer, jobAt);
parentPort?.postMessage('ready');
job.help(listKernels({ ...exports, ...(native && bindNative(native, memory)) }));
