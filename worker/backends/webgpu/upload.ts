// Tensors go to the GPU through the queue, which keeps memory for that. tfjs's own way allocates memory that the processor can
// write for each of them: most of a millisecond, even for a single number.

import type { GpuBackend } from './program.js';

/** Storage, and copies from and to it; the numbers are WebGPU's. */
const USAGE = 0x80 | 0x04 | 0x08;
const BYTES = 4;

/** Replaces tfjs's upload on this backend. */
export function uploadThroughQueue(backend: GpuBackend): void {
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.resource) return;
    const size = data.shape.reduce((product, extent) => product * extent, 1);
    // No command that waits to be submitted uses it: tfjs keeps back the buffers of those.
    data.resource = backend.bufferManager.acquireBuffer(size * BYTES, USAGE);
    if (!data.values) return;
    const Numbers = data.dtype === 'float32' ? Float32Array : Int32Array;
    // Dawn for Node crashes on shared memory, and microbatches lie on it.
    const ready = data.values instanceof Numbers && data.values.buffer instanceof ArrayBuffer ? data.values : new Numbers(data.values);
    backend.queue.writeBuffer(data.resource, 0, ready);
    data.values = null;
  };
}
