// tfjs's own plain JavaScript kernels: the reference that tests compare with, hundreds of times slower than simd.

import { throwOnDevice, type Backend } from './backend.js';

export const cpu: Backend = {
  probe: () => Promise.resolve({ available: true, devices: [{ index: 0, name: 'JavaScript', kind: 'cpu' }] }),
  async start({ device = 0 } = {}) {
    throwOnDevice('cpu', device, 1);
    return (await import('./cpu/start.js')).startCpu();
  },
};
