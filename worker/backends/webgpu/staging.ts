// Long arrays go up through memory that the processor and the GPU share and that is kept: the queue takes fresh memory for each, which
// is filled at a fifth of the speed.

import type { GpuBackend, MappedBuffer } from './program.js';

/** Memory that the processor fills and the GPU copies from; the numbers are WebGPU's. */
const USAGE = 0x02 | 0x04;
const WRITE = 0x02;

/** Of a length: one is filled while the GPU copies from the other. */
const MOST = 2;

/** What lies in front of a buffer of the GPU. */
interface Staging {
  count: number;
  /** Those that may be filled. */
  readonly idle: MappedBuffer[];
}

/** A way to fill a buffer from an array of its length; false where all memory for that is under way still. */
export function createStaging(backend: GpuBackend): (buffer: object, values: Float32Array | Int32Array) => boolean {
  const byLength = new Map<number, Staging>();
  const recorded: MappedBuffer[] = [];

  function take({ byteLength }: Float32Array | Int32Array): MappedBuffer | undefined {
    const staging = byLength.get(byteLength) ?? { count: 0, idle: [] };
    byLength.set(byteLength, staging);
    if (staging.idle.length > 0 || staging.count === MOST) return staging.idle.pop();
    staging.count += 1;
    return backend.device.createBuffer({ size: byteLength, usage: USAGE, mappedAtCreation: true });
  }

  const submit = backend.submitQueue.bind(backend);
  backend.submitQueue = () => {
    submit();
    // Before it, commands would use what is mapped. A device that is lost meanwhile is told of by the next read.
    for (const source of recorded.splice(0)) source.mapAsync(WRITE).then(() => byLength.get(source.size)!.idle.push(source), () => undefined);
  };

  return (buffer, values) => {
    const source = take(values);
    if (!source) return false;
    new Uint8Array(source.getMappedRange()).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    source.unmap();
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder.copyBufferToBuffer(source, 0, buffer, 0, values.byteLength);
    recorded.push(source);
    return true;
  };
}
