// The embedded default: WebAssembly SIMD kernels of our own, nothing to install. Leaves out how they work: see simd/.

import { existsSync } from 'node:fs';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { throwOnDevice, type Backend, type ProbeResult } from './backend.js';
import { moduleUrls } from './simd/module.js';

function probe(): ProbeResult {
  if (!Object.values(moduleUrls).every((url) => existsSync(url))) {
    return { available: false, reason: 'its kernels are not built', remedy: 'Run `npm run build`.' };
  }
  return { available: true, devices: [{ index: 0, name: 'WebAssembly SIMD', kind: 'cpu' }] };
}

export const simd: Backend = {
  probe: () => Promise.resolve(probe()),

  async start({ device = 0, threads = 1 } = {}) {
    const result = probe();
    if (!result.available) {
      throw new PretextError('BACKEND_ABSENT', `backend 'simd' cannot run here: ${result.reason}`, { hint: result.remedy });
    }
    throwOnDevice('simd', device, result.devices.length);
    const { startSimd } = await import('./simd/start.js');
    return startSimd(threads);
  },
};
