// Opens a GPU and puts tfjs's kernels and our own to work on it. Apart from the backend's file, which says whether there is a GPU
// without tfjs.

import * as tf from '@tensorflow/tfjs-core';
import type { StartedBackend } from '../backend.js';
import { registerGradients } from '../gradients/index.js';
import type { Machine } from '../webgpu.js';
import { startUnits } from './check-units.js';
import type { Dawn, FoundAdapter } from './dawn.js';
import { openDevice, watchDevice } from './device.js';
import { downloadIntoArrays } from './download.js';
import { enableDirectives, findUnits, UNIT_FEATURES, unitsOf } from './matrix-units.js';
import type { GpuBackend } from './program.js';
import { registerWebgpuKernels } from './register.js';
import { reuseBindings } from './reuse.js';
import { uploadThroughQueue } from './upload.js';

/** Where tfjs looks for the GPU and for WebGPU's constants. Node has a navigator from version 21 on. */
function exposeGpu(dawn: Dawn, { gpu }: FoundAdapter): void {
  Object.assign(globalThis, dawn.globals);
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined) Object.defineProperty(scope, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
}

function describeUnits(backend: GpuBackend): string {
  const units = unitsOf(backend);
  return units ? `, matrix units ${units.M}x${units.N}x${units.K}` : '';
}

/** Registers the tfjs backend on an adapter and makes it the current one. */
export async function startWebgpu(machine: Machine, dawn: Dawn, chosen: FoundAdapter): Promise<StartedBackend> {
  exposeGpu(dawn, chosen);
  const { WebGPUBackend } = await machine.importTfjs();
  const units = findUnits(chosen.adapter);
  const device = await openDevice(chosen.adapter, units ? UNIT_FEATURES : []);
  const backend = new WebGPUBackend(device, chosen.adapter.info);
  uploadThroughQueue(backend);
  downloadIntoArrays(backend);
  reuseBindings(backend);
  if (units) {
    enableDirectives(device);
    await startUnits(backend, device, units);
  }
  watchDevice(device, backend);
  // Small tensors that are not on the GPU yet would be computed by the processor, which divides and rounds otherwise: bits would
  // depend on where a number was last.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  // Dispatches that are handed to the driver together: with tfjs's 15, small steps take a tenth longer on an H100.
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 60);
  registerWebgpuKernels();
  registerGradients();
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend, 3);
  await tf.setBackend('webgpu');
  await tf.ready();
  return {
    kind: `webgpu/${chosen.name} (${chosen.adapter.info.description})${describeUnits(backend)}`,
    dispose: () => {
      tf.removeBackend('webgpu');
      device.destroy();
      return Promise.resolve();
    },
  };
}
