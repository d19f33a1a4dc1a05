// Starts TensorFlow's C library in this process. The backend's own file is apart: it probes without loading tfjs.

import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { messageOf, PretextError } from '../../../shared/errors/pretext-error.js';
import type { StartedBackend } from '../backend.js';
import { registerGradients } from '../gradients/index.js';
import { prepareEnvironment } from './environment.js';
import { explainFullDevice, type Executor } from './full-device.js';
import type { Machine } from './machine.js';

/** What the packages' backend has beside tfjs's interface. */
type NodeBackend = KernelBackend & Executor & { readonly isUsingGpuDevice?: boolean; readonly binding?: { readonly TF_Version?: string } };

/** Which package is loaded, and for what. */
export interface Target {
  readonly packageName: string;
  /** As CUDA_VISIBLE_DEVICES names it; undefined to compute on the processor. */
  readonly gpu: string | undefined;
  /** Model of the GPU, or of the processor. */
  readonly deviceName: string;
  readonly threads: number;
  /** How to get a package that loads. */
  readonly remedy: string;
}

export interface Loaded {
  readonly backend: NodeBackend;
  readonly kind: string;
}

async function importBackend(machine: Machine, { packageName, remedy }: Target): Promise<NodeBackend> {
  try {
    await machine.importPackage(packageName);
    return tf.findBackend('tensorflow');
  } catch (cause) {
    throw new PretextError('BACKEND_ABSENT', `tensorflow: ${packageName} does not load: ${messageOf(cause)}`, { hint: remedy, cause });
  }
}

/** TensorFlow computes on the processor, without a word, where CUDA's libraries do not load. */
function throwOnMissedGpu({ isUsingGpuDevice }: NodeBackend): void {
  if (isUsingGpuDevice ?? true) return;
  throw new PretextError('BACKEND_ABSENT', 'tensorflow: the machine has an NVIDIA GPU, but TensorFlow does not use it: CUDA or cuDNN do not load', {
    hint: 'Set TF_CPP_MIN_LOG_LEVEL=0 to see which library is missing, or CUDA_VISIBLE_DEVICES=-1 to compute on the processor.',
  });
}

/** Loads the library, which reads its environment now and never again. */
export async function loadTensorflow(machine: Machine, target: Target): Promise<Loaded> {
  const { gpu, threads, deviceName } = target;
  prepareEnvironment(gpu, threads);
  const backend = await importBackend(machine, target);
  if (gpu !== undefined) throwOnMissedGpu(backend);
  explainFullDevice(backend);
  const version = backend.binding?.TF_Version ?? 'unknown';
  // It picks kernels by the device's model, and splits sums by the number of threads: bits depend on them.
  const kind = gpu === undefined
    ? `tensorflow-cpu/${version} (${deviceName}, ${threads} thread${threads === 1 ? '' : 's'})`
    : `tensorflow-gpu/${version} (${deviceName})`;
  return { backend, kind };
}

/** Makes the loaded library the current backend. */
export async function startTensorflow({ backend, kind }: Loaded): Promise<StartedBackend> {
  registerGradients();
  // The package registers it as it loads, which it does once; a start after a dispose finds it gone.
  if (tf.findBackendFactory('tensorflow') === null) tf.registerBackend('tensorflow', () => backend);
  await tf.setBackend('tensorflow');
  await tf.ready();
  return {
    kind,
    dispose: () => {
      tf.removeBackend('tensorflow');
      return Promise.resolve();
    },
  };
}
