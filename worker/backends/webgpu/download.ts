// Tensors come from the GPU straight into arrays that are there already. tfjs's own way makes an array for each read: filling its
// fresh memory takes several times as long as copying into memory that is in use.

import type { GpuBackend, MappedBuffer } from './program.js';

/** A buffer that the processor may read, filled by copies; the numbers are WebGPU's. */
const USAGE = 0x01 | 0x08;
const READ = 0x01;
const BYTES = 4;

/** What a tensor holds, and the array that it goes to: of one length. */
export type Download = readonly [dataId: object, target: Float32Array];

/** Gives the backend `readInto`, which reads any number of tensors at once. */
export function downloadIntoArrays(backend: GpuBackend): void {
  backend.readInto = async (downloads) => {
    const length = downloads.reduce((sum, [, target]) => sum + target.length, 0);
    const staging = backend.bufferManager.acquireBuffer(length * BYTES, USAGE) as MappedBuffer;
    recordCopies(backend, downloads, staging);
    backend.submitQueue();
    await staging.mapAsync(READ);
    const mapped = new Float32Array(staging.getMappedRange());
    let at = 0;
    for (const [, target] of downloads) {
      target.set(mapped.subarray(at, at + target.length));
      at += target.length;
    }
    staging.unmap();
    backend.bufferManager.releaseBuffer(staging);
  };
}

function recordCopies(backend: GpuBackend, downloads: readonly Download[], staging: object): void {
  for (const [dataId] of downloads) backend.uploadToGPU(dataId);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  let at = 0;
  for (const [dataId, { length }] of downloads) {
    backend.commandEncoder.copyBufferToBuffer(backend.tensorMap.get(dataId).resource!, 0, staging, at * BYTES, length * BYTES);
    at += length;
  }
}
