// Tensors go to the GPU through the queue, which keeps memory for that. tfjs's own way allocates memory that the processor can
// write for each of them: most of a millisecond, even for a single number.

import type { GpuBackend } from './program.js';
import { createStaging } from './staging.js';

/** Storage, and copies from and to it; the numbers are WebGPU's. */
const USAGE = 0x80 | 0x04 | 0x08;
const BYTES = 4;

/** Elements that go up together where they must be copied first, as few as stay in the processor's cache; longer arrays are staged. */
const PART = 1 << 18;

/** Replaces tfjs's upload on this backend. */
export function uploadThroughQueue(backend: GpuBackend): void {
  const stage = createStaging(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.resource) return;
    const size = data.shape.reduce((product, extent) => product * extent, 1);
    // No command that waits to be submitted uses it: tfjs keeps back the buffers of those.
    data.resource = backend.bufferManager.acquireBuffer(size * BYTES, USAGE);
    if (!data.values) return;
    const Numbers = data.dtype === 'float32' ? Float32Array : Int32Array;
    const values = data.values instanceof Numbers ? data.values : new Numbers(data.values);
    // Dawn for Node crashes on shared memory, and averages and microbatches lie on it.
    if (values.buffer instanceof ArrayBuffer) backend.queue.writeBuffer(data.resource, 0, values);
    else if (values.length <= PART || !stage(data.resource, values)) writeInParts(backend, data.resource, values);
    data.values = null;
  };
}

function writeInParts({ queue }: GpuBackend, buffer: object, values: Float32Array | Int32Array): void {
  const part = values.slice(0, PART);
  for (let at = 0; at < values.length; at += PART) {
    const next = values.subarray(at, at + PART);
    part.set(next);
    queue.writeBuffer(buffer, at * BYTES, part.subarray(0, next.length));
  }
}
