// Puts kernels of our own in the place of tfjs's for WebGPU, which stay for the cases that ours leave out.

import type { KernelFunc } from '@tensorflow/tfjs-core';
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { convolutionOps } from './ops/convolution.js';
import { finiteOps } from './ops/finite.js';
import { matmulOps } from './ops/matmul.js';
import { movementOps } from './ops/movement.js';
import { normaliseOps } from './ops/normalise.js';
import { optimizerOps } from './ops/optimizer.js';
import { pictureOps } from './ops/picture.js';
import type { GpuBackend, Op } from './program.js';

const ops: Readonly<Record<string, Op>> = { ...convolutionOps, ...finiteOps, ...matmulOps, ...movementOps, ...normaliseOps, ...optimizerOps, ...pictureOps };

let isRegistered = false;

/** Registers the kernels, once a process; tfjs's must be there already. */
export function registerWebgpuKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const [kernelName, op] of Object.entries(ops)) {
    const fallback = getKernel(kernelName, 'webgpu') as { kernelFunc: KernelFunc } | undefined;
    if (fallback) unregisterKernel(kernelName, 'webgpu');
    const kernelFunc: KernelFunc = (parameters) => {
      const own = op(parameters.backend as GpuBackend, parameters.inputs, parameters.attrs ?? {});
      if (own) return own;
      if (!fallback) throw new Error(`webgpu: kernel ${kernelName} cannot run on these inputs`);
      return fallback.kernelFunc(parameters);
    };
    registerKernel({ kernelName, backendName: 'webgpu', kernelFunc });
  }
}
