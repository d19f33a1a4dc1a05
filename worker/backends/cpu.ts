// tfjs's own plain JavaScript kernels: the reference that tests compare with, hundreds of times slower than simd.

import type { Backend } from './backend.js';

export const cpu: Backend = {
  probe: () => Promise.resolve({ available: true, devices: [{ index: 0, name: 'JavaScript', kind: 'cpu' }] }),
  start: async () => (await import('./cpu/start.js')).startCpu(),
};
