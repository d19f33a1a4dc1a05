// Any GPU that WebGPU reaches (Vulkan, Metal, Direct3D 12): tfjs's kernels and some of our own on Dawn for Node, two optional
// packages that are loaded only when chosen. PRETEXT_WEBGPU_SOFTWARE=1 lets processors that play a GPU in, for tests.

import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Backend, Device, ProbeResult, StartOptions } from './backend.js';
import { registerGradients } from './gradients/index.js';
import { startUnits } from './webgpu/check-units.js';
import { listAdapters, mayHaveGpu } from './webgpu/dawn.js';
import type { Dawn, FoundAdapter, GpuAdapterInfo, GpuDevice } from './webgpu/dawn.js';
import { openDevice, watchDevice } from './webgpu/device.js';
import { enableDirectives, findUnits, UNIT_FEATURES, unitsOf } from './webgpu/matrix-units.js';
import type { GpuBackend } from './webgpu/program.js';
import { registerWebgpuKernels } from './webgpu/register.js';

const DAWN_PACKAGE = 'webgpu';
const TFJS_PACKAGE = '@tensorflow/tfjs-backend-webgpu';
const SOFTWARE_VARIABLE = 'PRETEXT_WEBGPU_SOFTWARE';

const INSTALL = `Run \`npm install ${DAWN_PACKAGE} ${TFJS_PACKAGE}\`, or use the backend simd, which needs nothing.`;
const DRIVER =
  'Install the GPU\'s Vulkan driver and its loader (Debian: libvulkan1; in a container also the driver\'s ICD file, with NVIDIA ' +
  'NVIDIA_DRIVER_CAPABILITIES=all), or use the backend simd.';
const SOFTWARE = `Use the backend simd, which is far faster on a processor, or set ${SOFTWARE_VARIABLE}=1 for tests.`;
const SEVERAL =
  'Dawn opens the first of several GPUs of one name only: show each worker one GPU, as containers do (NVIDIA_VISIBLE_DEVICES), and leave the device out.';

/** What it needs of the machine, so that tests can stand in for packages and adapters. */
export interface Machine {
  hasPackage(name: string): boolean;
  mayHaveGpu(): boolean;
  importDawn(): Promise<Dawn>;
  importTfjs(): Promise<{ readonly WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => GpuBackend & tf.KernelBackend }>;
}

const require = createRequire(import.meta.url);

/** Imports by a name that the compiler need not find. */
const importOptional = (name: string): Promise<unknown> => import(name);

const realMachine: Machine = {
  mayHaveGpu,
  hasPackage(name) {
    try {
      require.resolve(name);
      return true;
    } catch {
      return false;
    }
  },
  importDawn: () => importOptional(DAWN_PACKAGE) as ReturnType<Machine['importDawn']>,
  importTfjs: () => importOptional(TFJS_PACKAGE) as ReturnType<Machine['importTfjs']>,
};

type Absent = Extract<ProbeResult, { available: false }>;

interface Found {
  readonly dawn: Dawn;
  readonly adapters: readonly FoundAdapter[];
}

const absent = (reason: string, remedy: string): Absent => ({ available: false, reason, remedy });

async function find(machine: Machine): Promise<Found | Absent> {
  const isSoftwareAllowed = process.env[SOFTWARE_VARIABLE] === '1';
  const missing = [DAWN_PACKAGE, TFJS_PACKAGE].find((name) => !machine.hasPackage(name));
  if (missing !== undefined) return absent(`${missing} is not installed`, INSTALL);
  if (!machine.mayHaveGpu() && !isSoftwareAllowed) return absent('this machine shows no GPU', DRIVER);
  let dawn: Dawn;
  try {
    dawn = await machine.importDawn();
  } catch (error) {
    return absent(`${DAWN_PACKAGE} does not load: ${messageOf(error)}`, INSTALL);
  }
  const adapters = await listAdapters(dawn);
  if (adapters.length === 0) return absent('no adapter was found: no Vulkan driver, or none that Dawn takes', DRIVER);
  const usable = adapters.filter(({ adapter }) => isSoftwareAllowed || !adapter.info.isFallbackAdapter);
  if (usable.length === 0) return absent(`${adapters[0]!.name} is a processor that plays a GPU`, SOFTWARE);
  return { dawn, adapters: usable };
}

function describeDevice({ name, numNamesakes, adapter }: FoundAdapter, index: number): Device {
  const more = numNamesakes > 1 ? ` (the first of ${numNamesakes}; ${SEVERAL})` : '';
  return { index, name: `${name}${more}`, kind: adapter.info.isFallbackAdapter ? 'cpu' : 'gpu' };
}

function chooseAdapter(adapters: readonly FoundAdapter[], device: number): FoundAdapter {
  const chosen = adapters[device];
  if (chosen !== undefined) return chosen;
  const hint = adapters.some(({ numNamesakes }) => numNamesakes > 1) ? { hint: SEVERAL } : {};
  throw new PretextError('BAD_ARGUMENT', `webgpu: expected a device from 0 to ${adapters.length - 1}, got ${device}`, hint);
}

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

function createAbsentError({ reason, remedy }: Absent): PretextError {
  return new PretextError('BACKEND_ABSENT', `backend 'webgpu' cannot run here: ${reason}`, { hint: remedy });
}

/** The backend on a given machine; only tests give another than the real one. */
export function createWebgpu(machine: Machine): Backend {
  async function start({ device: index = 0 }: StartOptions = {}) {
    const found = await find(machine);
    if ('available' in found) throw createAbsentError(found);
    const chosen = chooseAdapter(found.adapters, index);
    exposeGpu(found.dawn, chosen);
    const { WebGPUBackend } = await machine.importTfjs();
    const units = findUnits(chosen.adapter);
    const device = await openDevice(chosen.adapter, units ? UNIT_FEATURES : []);
    const backend = new WebGPUBackend(device, chosen.adapter.info);
    if (units) {
      enableDirectives(device);
      await startUnits(backend, device, units);
    }
    watchDevice(device, backend);
    // Small tensors that are not on the GPU yet would be computed by the processor, which divides and rounds otherwise: bits would
    // depend on where a number was last.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
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

  async function probe(): Promise<ProbeResult> {
    const found = await find(machine);
    return 'available' in found ? found : { available: true, devices: found.adapters.map(describeDevice) };
  }
  return { probe, start };
}

export const webgpu = createWebgpu(realMachine);
