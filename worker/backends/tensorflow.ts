// TensorFlow's C library through @tensorflow/tfjs-node-gpu, else @tensorflow/tfjs-node: optional packages, loaded only when
// chosen. Leaves out how their native part comes about: npm downloads it, or scripts/tools/build-tensorflow.ts builds it.

import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Backend, Device, ProbeResult, StartOptions } from './backend.js';
import { registerGradients } from './gradients/index.js';
import { listVisibleGpus, prepareEnvironment } from './tensorflow/environment.js';
import { explainFullDevice, type Executor } from './tensorflow/full-device.js';
import { realMachine } from './tensorflow/machine.js';
import type { Machine } from './tensorflow/machine.js';

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';
const BUILD = '`npm run build:tensorflow -- --help`';
const REMEDY =
  `Build it against the TensorFlow of a Python environment, with or without CUDA (${BUILD}), or run \`npm install ${GPU_PACKAGE}\` ` +
  '(CUDA 11 and cuDNN 8; its installer downloads the C library, see TFJS_NODE_CDN_STORAGE).';

/** What the packages' backend has beside tfjs's interface. */
type NodeBackend = KernelBackend & Executor & { readonly isUsingGpuDevice?: boolean; readonly binding?: { readonly TF_Version?: string } };

type Absent = Extract<ProbeResult, { available: false }>;
type Found = { readonly name: string; /** As CUDA_VISIBLE_DEVICES names them. */ readonly gpus: readonly string[] };

/** The GPU package first. Names the problem of the first one installed where none works. */
function findUsable(machine: Machine): Found | Absent {
  let unbuilt: string | undefined;
  for (const name of [GPU_PACKAGE, CPU_PACKAGE]) {
    const folder = machine.findPackage(name);
    if (folder === undefined) continue;
    if (machine.hasBinding(folder)) return { name, gpus: name === GPU_PACKAGE ? listVisibleGpus(machine.listGpus().length) : [] };
    unbuilt ??= name;
  }
  if (unbuilt === undefined) return { available: false, reason: `neither ${GPU_PACKAGE} nor ${CPU_PACKAGE} is installed`, remedy: REMEDY };
  return { available: false, reason: `${unbuilt} is installed without its native part`, remedy: REMEDY };
}

const nameGpu = (machine: Machine, gpu: string): string => machine.listGpus()[Number(gpu)] ?? 'NVIDIA GPU';

function listDevices(machine: Machine, { gpus }: Found): Device[] {
  if (gpus.length === 0) return [{ index: 0, name: `${machine.nameProcessor()} through TensorFlow`, kind: 'cpu' }];
  return gpus.map((gpu, index) => ({ index, name: `${nameGpu(machine, gpu)} through CUDA`, kind: 'gpu' }));
}

function chooseGpu({ gpus }: Found, device: number): string | undefined {
  if (gpus.length === 0) return undefined;
  if (gpus[device] !== undefined) return gpus[device];
  throw new PretextError('BAD_ARGUMENT', `tensorflow: expected a device from 0 to ${gpus.length - 1}, got ${device}`);
}

async function importBackend(machine: Machine, name: string): Promise<NodeBackend> {
  try {
    await machine.importPackage(name);
    return tf.findBackend('tensorflow');
  } catch (cause) {
    throw new PretextError('BACKEND_ABSENT', `tensorflow: ${name} does not load: ${messageOf(cause)}`, { hint: REMEDY, cause });
  }
}

/** TensorFlow computes on the processor, without a word, where CUDA's libraries do not load. */
function throwOnMissedGpu({ isUsingGpuDevice }: NodeBackend): void {
  if (isUsingGpuDevice ?? true) return;
  throw new PretextError('BACKEND_ABSENT', 'tensorflow: the machine has an NVIDIA GPU, but TensorFlow does not use it: CUDA or cuDNN do not load', {
    hint: 'Set TF_CPP_MIN_LOG_LEVEL=0 to see which library is missing, or CUDA_VISIBLE_DEVICES=-1 to compute on the processor.',
  });
}

interface Loaded {
  readonly backend: NodeBackend;
  readonly kind: string;
}

/** Loads the library, which reads its environment now and never again. */
async function load(machine: Machine, found: Found, { device = 0, threads = 1 }: StartOptions): Promise<Loaded> {
  const gpu = chooseGpu(found, device);
  prepareEnvironment(gpu, threads);
  const backend = await importBackend(machine, found.name);
  if (gpu !== undefined) throwOnMissedGpu(backend);
  explainFullDevice(backend);
  const version = backend.binding?.TF_Version ?? 'unknown';
  // It picks kernels by the device's model, and splits sums by the number of threads: bits depend on them.
  const kind = gpu === undefined
    ? `tensorflow-cpu/${version} (${machine.nameProcessor()}, ${threads} thread${threads === 1 ? '' : 's'})`
    : `tensorflow-gpu/${version} (${nameGpu(machine, gpu)})`;
  return { backend, kind };
}

/** The backend on a given machine; only tests give another than the real one. */
export function createTensorflow(machine: Machine): Backend {
  let loading: Promise<Loaded> | undefined;

  async function start(options: StartOptions = {}) {
    const found = findUsable(machine);
    if ('available' in found) {
      throw new PretextError('BACKEND_ABSENT', `backend 'tensorflow' cannot run here: ${found.reason}`, { hint: found.remedy });
    }
    loading ??= load(machine, found, options);
    const { backend, kind } = await loading;
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

  function probe(): ProbeResult {
    const found = findUsable(machine);
    return 'available' in found ? found : { available: true, devices: listDevices(machine, found) };
  }
  return { probe: () => Promise.resolve(probe()), start };
}

export const tensorflow = createTensorflow(realMachine);
