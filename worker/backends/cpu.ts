// tfjs's own plain JavaScript kernels: the reference that tests compare with, hundreds of times slower than simd.

import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { Backend } from './backend.js';
import { registerGradients } from './gradients/index.js';

/** tfjs's backend without its banner, which recommends the binding that this project replaces. */
function createQuietBackend(): MathBackendCPU {
  const backend = new MathBackendCPU();
  Object.assign(backend, { firstUse: false });
  return backend;
}

export const cpu: Backend = {
  probe: () => Promise.resolve({ available: true, devices: [{ index: 0, name: 'JavaScript', kind: 'cpu' }] }),

  async start() {
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
  },
};
