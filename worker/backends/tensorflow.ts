// TensorFlow's C library through @tensorflow/tfjs-node-gpu, else @tensorflow/tfjs-node: an optional package, loaded only when
// chosen. Leaves out installing it: npm does that as an optional dependency and goes on where it fails.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as nodeUtil from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Backend, Device, ProbeResult, StartOptions } from './backend.js';
import { registerGradients } from './gradients/index.js';

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';
const REMEDY =
  `Run \`npm install ${GPU_PACKAGE}\` (CUDA 11 and cuDNN 8; its installer downloads the C library, see TFJS_NODE_CDN_STORAGE), ` +
  'or use the backend simd, which needs nothing.';

/** What it needs of the machine, so that tests can stand in for a package that is not installed. */
export interface Machine {
  /** Folder of an installed package, or undefined. */
  findPackage(name: string): string | undefined;
  hasBinding(folder: string): boolean;
  countGpus(): number;
  importPackage(name: string): Promise<unknown>;
}

const require = createRequire(import.meta.url);

function findPackage(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The compiled binding lies in lib/napi-vN, N depending on the Node version. */
function hasBinding(folder: string): boolean {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((name) => existsSync(join(lib, name, 'tfjs_binding.node')));
}

function countGpus(): number {
  return existsSync('/dev') ? readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length : 0;
}

const realMachine: Machine = { findPackage, hasBinding, countGpus, importPackage: (name) => import(name) };

type Found = { readonly name: string; readonly numGpus: number } | Extract<ProbeResult, { available: false }>;

/** The GPU package first. Names the problem of the first one installed where none works. */
function findUsable(machine: Machine): Found {
  let unbuilt: string | undefined;
  for (const name of [GPU_PACKAGE, CPU_PACKAGE]) {
    const folder = machine.findPackage(name);
    if (folder === undefined) continue;
    if (machine.hasBinding(folder)) return { name, numGpus: name === GPU_PACKAGE ? machine.countGpus() : 0 };
    unbuilt ??= name;
  }
  if (unbuilt === undefined) return { available: false, reason: `neither ${GPU_PACKAGE} nor ${CPU_PACKAGE} is installed`, remedy: REMEDY };
  return { available: false, reason: `${unbuilt} is installed without its native part`, remedy: `Run \`npm rebuild ${unbuilt}\`.` };
}

function listDevices(numGpus: number): Device[] {
  if (numGpus === 0) return [{ index: 0, name: 'CPU through TensorFlow', kind: 'cpu' }];
  return Array.from({ length: numGpus }, (_, index) => ({ index, name: `NVIDIA GPU ${index} through CUDA`, kind: 'gpu' }));
}

/** What the binding reads from its environment when it loads: one GPU a process, and no more of its memory than needed. */
function prepareEnvironment(numGpus: number, device: number): void {
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (numGpus === 0) return;
  const visible = process.env.CUDA_VISIBLE_DEVICES?.split(',') ?? Array.from({ length: numGpus }, (_, index) => String(index));
  const chosen = visible[device];
  if (chosen === undefined) {
    throw new PretextError('BAD_ARGUMENT', `tensorflow: expected a device from 0 to ${visible.length - 1}, got ${device}`);
  }
  process.env.CUDA_VISIBLE_DEVICES = chosen;
}

/** tfjs-node 4.22 calls a function of node:util that Node 23 removed. */
export function restoreNullCheck(util: { isNullOrUndefined?: (value: unknown) => boolean }): void {
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

async function load(machine: Machine, name: string): Promise<void> {
  // The namespace is frozen; its default is the object that `require('util')` gives.
  restoreNullCheck((nodeUtil as unknown as { default: object }).default);
  try {
    await machine.importPackage(name);
  } catch (cause) {
    throw new PretextError('BACKEND_ABSENT', `tensorflow: ${name} does not load: ${messageOf(cause)}`, { hint: REMEDY, cause });
  }
}

function describeKind(name: string, numGpus: number): string {
  const { binding } = tf.backend() as unknown as { binding?: { TF_Version?: string } };
  return `${name === GPU_PACKAGE && numGpus > 0 ? 'tensorflow-gpu' : 'tensorflow-cpu'}/${binding?.TF_Version ?? 'unknown'}`;
}

/** The backend on a given machine; only tests give another than the real one. */
export function createTensorflow(machine: Machine): Backend {
  async function start({ device = 0 }: StartOptions = {}) {
    const found = findUsable(machine);
    if ('available' in found) {
      throw new PretextError('BACKEND_ABSENT', `backend 'tensorflow' cannot run here: ${found.reason}`, { hint: found.remedy });
    }
    prepareEnvironment(found.numGpus, device);
    await load(machine, found.name);
    registerGradients();
    await tf.setBackend('tensorflow');
    await tf.ready();
    return {
      kind: describeKind(found.name, found.numGpus),
      dispose: () => {
        tf.removeBackend('tensorflow');
        return Promise.resolve();
      },
    };
  }

  function probe(): ProbeResult {
    const found = findUsable(machine);
    return 'available' in found ? found : { available: true, devices: listDevices(found.numGpus) };
  }
  return { probe: () => Promise.resolve(probe()), start };
}

export const tensorflow = createTensorflow(realMachine);
