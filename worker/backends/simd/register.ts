// Registers the simd backend's kernels with tfjs: our own where there is one, else tfjs's JavaScript on the same memory.

import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { getKernelsForBackend, registerKernel } from '@tensorflow/tfjs-core';
import type { Op } from './op.js';
import { convolutionOps } from './ops/convolution.js';
import { depthwiseOps } from './ops/depthwise.js';
import { elementwiseOps } from './ops/elementwise.js';
import { matmulOps } from './ops/matmul.js';
import { movementOps } from './ops/movement.js';
import { normaliseOps } from './ops/normalise.js';
import { optimizerOps } from './ops/optimizer.js';
import { poolOps } from './ops/pool.js';
import { reduceOps } from './ops/reduce.js';
import { resizeOps } from './ops/resize.js';
import { recordKernel } from './profile.js';
import type { SimdBackend } from './simd-backend.js';

const ops: Readonly<Record<string, Op>> = {
  ...convolutionOps,
  ...depthwiseOps,
  ...elementwiseOps,
  ...matmulOps,
  ...movementOps,
  ...normaliseOps,
  ...optimizerOps,
  ...poolOps,
  ...reduceOps,
  ...resizeOps,
};

/** Names of the kernels that are our own. */
export const ownedKernels: readonly string[] = Object.keys(ops);

/** They only make another name for the same numbers: tfjs's own copy nothing either. */
const aliases = new Set(['Reshape', 'Identity', 'ExpandDims', 'Squeeze']);

let isRegistered = false;

/** Registers all kernels, once a process. */
export function registerSimdKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  const names = new Set<string>();
  for (const config of getKernelsForBackend('cpu')) {
    names.add(config.kernelName);
    registerKernel(createConfig(config.kernelName, config.kernelFunc));
  }
  for (const name of ownedKernels) if (!names.has(name)) registerKernel(createConfig(name, undefined));
}

function createConfig(kernelName: string, fallback: KernelFunc | undefined): KernelConfig {
  const op = ops[kernelName];
  const kernelFunc: KernelFunc = (parameters) => {
    const startMs = performance.now();
    const backend = parameters.backend as SimdBackend;
    const owned = op?.(backend, parameters.inputs, parameters.attrs ?? {});
    const result = owned ?? runFallback(kernelName, fallback, parameters);
    recordKernel(kernelName, owned === undefined && !aliases.has(kernelName), startMs);
    return result;
  };
  return { kernelName, backendName: 'simd', kernelFunc };
}

function runFallback(name: string, fallback: KernelFunc | undefined, parameters: Parameters<KernelFunc>[0]): TensorInfo | TensorInfo[] {
  if (fallback === undefined) throw new Error(`simd: kernel ${name} cannot run on these inputs`);
  const backend = parameters.backend as SimdBackend;
  const result = fallback(parameters);
  return Array.isArray(result) ? result.map((tensor) => backend.createOwnType(tensor)) : backend.createOwnType(result);
}
