// TensorFlow's C library through @tensorflow/tfjs-node-gpu, else @tensorflow/tfjs-node: optional packages, loaded only when
// chosen. Their native part comes from npm, or from scripts/tools/build-tensorflow.ts.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { throwOnDevice, type Backend, type Device, type ProbeResult, type StartedBackend, type StartOptions } from './backend.js';
import { listVisibleGpus } from './tensorflow/environment.js';
import { realMachine } from './tensorflow/machine.js';
import type { Machine } from './tensorflow/machine.js';
import type { Loaded } from './tensorflow/start.js';

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';
const BUILD = '`npm run build:tensorflow -- --help`';
const REMEDY =
  `Build it against the TensorFlow of a Python environment, with or without CUDA (${BUILD}), or run \`npm install ${GPU_PACKAGE}\` ` +
  '(CUDA 11 and cuDNN 8; its installer downloads the C library, see TFJS_NODE_CDN_STORAGE).';

type Absent = Extract<ProbeResult, { available: false }>;
type Found = { readonly name: string; /** As CUDA_VISIBLE_DEVICES names them. */ readonly gpus: readonly string[] };

/** Prefers the GPU package. Where neither works, it names the problem of the first one that is installed. */
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
  // Without a GPU the processor is the one device.
  throwOnDevice('tensorflow', device, Math.max(1, gpus.length));
  return gpus[device];
}

/** The backend on a given machine; only tests give one that is not real. */
export function createTensorflow(machine: Machine): Backend {
  let loading: Promise<Loaded> | undefined;

  async function start({ device = 0, threads = 1 }: StartOptions = {}): Promise<StartedBackend> {
    const found = findUsable(machine);
    if ('available' in found) {
      throw new PretextError('BACKEND_ABSENT', `backend 'tensorflow' cannot run here: ${found.reason}`, { hint: found.remedy });
    }
    const { loadTensorflow, startTensorflow } = await import('./tensorflow/start.js');
    const gpu = chooseGpu(found, device);
    const deviceName = gpu === undefined ? machine.nameProcessor() : nameGpu(machine, gpu);
    loading ??= loadTensorflow(machine, { packageName: found.name, gpu, deviceName, threads, remedy: REMEDY });
    return startTensorflow(await loading);
  }

  function probe(): ProbeResult {
    const found = findUsable(machine);
    return 'available' in found ? found : { available: true, devices: listDevices(machine, found) };
  }
  return { probe: () => Promise.resolve(probe()), start };
}

export const tensorflow = createTensorflow(realMachine);
