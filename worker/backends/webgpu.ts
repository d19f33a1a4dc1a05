// Any GPU that WebGPU reaches (Vulkan, Metal, Direct3D 12): tfjs's kernels and some of our own on Dawn for Node, two optional
// packages that are loaded only when chosen. PRETEXT_WEBGPU_SOFTWARE=1 lets processors that play a GPU in, for tests.

import { createRequire } from 'node:module';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { throwOnDevice, type Backend, type Device, type ProbeResult, type StartedBackend, type StartOptions } from './backend.js';
import { listAdapters, mayHaveGpu } from './webgpu/dawn.js';
import type { Dawn, FoundAdapter, GpuAdapterInfo, GpuDevice } from './webgpu/dawn.js';
import type { GpuBackend } from './webgpu/program.js';

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
  importTfjs(): Promise<{ readonly WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => GpuBackend & KernelBackend }>;
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
  throwOnDevice('webgpu', device, adapters.length, adapters.some(({ numNamesakes }) => numNamesakes > 1) ? SEVERAL : undefined);
  return adapters[device]!;
}

function createAbsentError({ reason, remedy }: Absent): PretextError {
  return new PretextError('BACKEND_ABSENT', `backend 'webgpu' cannot run here: ${reason}`, { hint: remedy });
}

/** The backend on a given machine; only tests give another than the real one. */
export function createWebgpu(machine: Machine): Backend {
  async function start({ device: index = 0 }: StartOptions = {}): Promise<StartedBackend> {
    const found = await find(machine);
    if ('available' in found) throw createAbsentError(found);
    const chosen = chooseAdapter(found.adapters, index);
    const { startWebgpu } = await import('./webgpu/start.js');
    return startWebgpu(machine, found.dawn, chosen);
  }

  async function probe(): Promise<ProbeResult> {
    const found = await find(machine);
    return 'available' in found ? found : { available: true, devices: found.adapters.map(describeDevice) };
  }
  return { probe, start };
}

export const webgpu = createWebgpu(realMachine);
