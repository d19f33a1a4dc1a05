// Starts tfjs's JavaScript kernels in this process. The backend's own file is apart: it loads no tfjs.

import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { StartedBackend } from '../backend.js';
import { registerGradients } from '../gradients/index.js';

/** tfjs's backend without its banner, which recommends the binding that this project replaces. */
function createQuietBackend(): MathBackendCPU {
  const backend = new MathBackendCPU();
  Object.assign(backend, { firstUse: false });
  return backend;
}

/** Registers the tfjs backend and makes it the current one. */
export async function startCpu(): Promise<StartedBackend> {
  registerGradients();
  if (tf.findBackendFactory('cpu') !== null) tf.removeBackend('cpu');
  tf.registerBackend('cpu', createQuietBackend);
  await tf.setBackend('cpu');
  await tf.ready();
  return {
    kind: 'cpu',
    dispose: () => {
      tf.removeBackend('cpu');
      return Promise.resolve();
    },
  };
}
