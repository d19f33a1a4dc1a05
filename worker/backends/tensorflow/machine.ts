// What the tensorflow backend asks of the machine, so that tests can stand in for packages and GPUs that are not there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import * as nodeUtil from 'node:util';
import { restoreNullCheck } from './environment.js';
import { findPackage } from './find-package.js';

export interface Machine {
  /** Folder of an installed package, or undefined. */
  findPackage(name: string): string | undefined;
  hasBinding(folder: string): boolean;
  /** Names of the NVIDIA GPUs, by CUDA's index. */
  listGpus(): readonly string[];
  /** Model of the processor: TensorFlow picks kernels by it, so that bits depend on it. */
  nameProcessor(): string;
  /** Loads the package, which registers the tfjs backend and its kernels. */
  importPackage(name: string): Promise<unknown>;
}

const GPUS = '/proc/driver/nvidia/gpus';

/** The compiled binding lies in lib/napi-vN, N depending on the Node version. */
function hasBinding(folder: string): boolean {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((name) => existsSync(join(lib, name, 'tfjs_binding.node')));
}

/** What the driver says of each GPU: lines such as `Model: NVIDIA L4` and `Device Minor: 0`. */
function readGpuModels(): Map<number, string> {
  if (!existsSync(GPUS)) return new Map();
  const texts = readdirSync(GPUS).map((bus) => readFileSync(join(GPUS, bus, 'information'), 'utf8'));
  return new Map(texts.map((text) => [Number(/Device Minor:\s*(\d+)/.exec(text)?.[1]), /Model:\s*(.+)/.exec(text)?.[1]?.trim() ?? '']));
}

function listGpus(): string[] {
  const models = readGpuModels();
  const minors = existsSync('/dev') ? readdirSync('/dev').flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? []) : [];
  return minors.map(Number).sort((a, b) => a - b).map((minor) => models.get(minor) || 'NVIDIA GPU');
}

async function importPackage(name: string): Promise<void> {
  // The namespace is frozen; its default is the object that `require('util')` gives.
  restoreNullCheck((nodeUtil as unknown as { default: object }).default);
  await import(name);
  const { completeKernels } = await import('./kernels.js');
  completeKernels();
}

export const realMachine: Machine = {
  findPackage,
  hasBinding,
  listGpus,
  nameProcessor: () => cpus()[0]?.model.trim() || process.arch,
  importPackage,
};
