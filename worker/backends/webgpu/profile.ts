// Time of every kernel on the GPU, by the timestamps that the adapter takes. Leaves out adapters that take none: all is 0 there.

import * as tf from '@tensorflow/tfjs-core';
import type { KernelTiming } from '../simd/profile.js';

/** The kernels of `run` on the current backend, the most expensive first. They run one by one: their sum is more than a step takes. */
export async function profileKernels(run: () => Promise<void>): Promise<readonly KernelTiming[]> {
  const { kernels } = await tf.profile(run);
  const timings = new Map<string, KernelTiming>();
  for (const { name, kernelTimeMs } of kernels) {
    const timing = timings.get(name) ?? { name, isFallback: false, numCalls: 0, totalMs: 0 };
    timing.numCalls += 1;
    // tfjs has waited for it.
    timing.totalMs += kernelTimeMs as number;
    timings.set(name, timing);
  }
  return [...timings.values()].sort((a, b) => b.totalMs - a.totalMs);
}
