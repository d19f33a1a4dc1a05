// Starts the simd kernels in this process. The backend's own file is apart: it probes without loading tfjs.

import * as tf from '@tensorflow/tfjs-core';
import type { StartedBackend } from '../backend.js';
import { registerGradients } from '../gradients/index.js';
import { loadKernels } from './kernels.js';
import { registerSimdKernels } from './register.js';
import { SimdBackend } from './simd-backend.js';

/** Registers the tfjs backend and makes it the current one. */
export async function startSimd(threads: number): Promise<StartedBackend> {
  const kernels = await loadKernels(threads);
  registerSimdKernels();
  registerGradients();
  if (tf.findBackendFactory('simd') !== null) tf.removeBackend('simd');
  tf.registerBackend('simd', () => new SimdBackend(kernels), 3);
  await tf.setBackend('simd');
  await tf.ready();
  return {
    kind: `simd/${kernels.name}`,
    dispose: async () => {
      tf.removeBackend('simd');
      await kernels.dispose();
    },
  };
}
