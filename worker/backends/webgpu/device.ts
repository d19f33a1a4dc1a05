// An open device and what went wrong on it. WebGPU reports errors beside the calls that caused them, and goes on with wrong
// numbers; here the next read throws. Leaves out finding an adapter: see dawn.ts.

import { messageOf, PretextError } from '../../../shared/errors/pretext-error.js';
import type { GpuAdapter, GpuDevice } from './dawn.js';
import type { GpuBackend } from './program.js';

const LOST_HINT = 'Start the worker again; if it happens again, look for the driver\'s messages in the system log. Other workers go on.';
const FULL_HINT = 'Use a smaller batch.microbatchSize, smaller images or a smaller model, or a GPU with more memory.';

/** Limits that kernels profit from; the rest stay at WebGPU's defaults. */
const LIMITS = [
  'maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX', 'maxComputeWorkgroupsPerDimension',
];

/** Opens the device with all of these limits that the adapter has, timestamps where it has them, and these features. */
export function openDevice(adapter: GpuAdapter, features: readonly string[]): Promise<GpuDevice> {
  return adapter.requestDevice({
    requiredFeatures: [...features, ...['timestamp-query'].filter((feature) => adapter.features.has(feature))],
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]!])),
  });
}

/** Of messages about memory, and about the limits of a single buffer, that come as another kind of error. */
const FULL_MESSAGE = /out of memory|exceeds the max buffer size|larger than the maximum storage buffer binding size/i;

function explain(error: { readonly message: string }, cause?: unknown): PretextError {
  // Below its first line Dawn lists the calls that led there.
  const message = error.message.split('\n')[0]!;
  // Browsers and Dawn name the class.
  const isFull = error.constructor.name === 'GPUOutOfMemoryError' || FULL_MESSAGE.test(message);
  return isFull
    ? new PretextError('DEVICE_FULL', `webgpu: the GPU has no room: ${message}`, { hint: FULL_HINT, cause })
    : new PretextError('DEVICE_LOST', `webgpu: the GPU failed: ${message}`, { hint: LOST_HINT, cause });
}

/**
 * Makes reads throw PretextError from the first error of the device on: DEVICE_LOST or DEVICE_FULL. What was computed after it
 * is worth nothing, so there is no way back.
 */
export function watchDevice(device: GpuDevice, backend: GpuBackend): void {
  let failure: PretextError | undefined;
  device.addEventListener('uncapturederror', (event) => {
    failure ??= explain(event.error, event.error);
    // Else Dawn prints it.
    event.preventDefault();
  });
  const lost = device.lost.then(({ message }) => { failure ??= explain({ message: `device lost: ${message}` }); });

  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    try {
      return createBuffer(descriptor);
    } catch (cause) {
      // A buffer that is filled at once throws where there is no memory for it.
      failure ??= explain({ message: `out of memory: ${descriptor.size} bytes were asked for (${messageOf(cause)})` }, cause);
      throw failure;
    }
  };

  const guard = async <Result>(reading: Promise<Result>): Promise<Result> => {
    try {
      const result = await reading;
      if (failure === undefined) return result;
    } catch (cause) {
      // The read fails a moment before the loss of its device is told.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 1000))]);
      failure ??= explain({ message: messageOf(cause) }, cause);
    }
    throw failure;
  };
  const read = backend.read.bind(backend);
  backend.read = (dataId) => guard(read(dataId));
  const readInto = backend.readInto.bind(backend);
  backend.readInto = (downloads) => guard(readInto(downloads));
}
