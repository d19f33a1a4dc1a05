// Where the time of a step goes: by kernel, and on webgpu, where each shader's own time is known, by the shapes of its tensors.

import type { BackendName } from '../../worker/backends/index.js';
import { startProfile, stopProfile } from '../../worker/backends/simd/profile.js';
import { profileShaders } from '../../worker/backends/webgpu/profile.js';
import { measureTimes } from './measure.js';
import type { Timing } from './measure.js';
import type { Trainer } from './train.js';

const NUM_STEPS = 10;
const MOST_SHAPES = 25;

/** Of one step. */
export interface Share {
  readonly name: string;
  readonly numCalls: number;
  readonly ms: number;
}

export interface Profile {
  /** Median of steps that are not profiled. */
  readonly stepMs: number;
  /** The most expensive first. */
  readonly kernels: readonly Share[];
  readonly shapes: readonly Share[];
}

/** Sums of calls by name, per step, the most expensive first. */
export function sumByName(calls: readonly { readonly name: string; readonly ms: number }[], numSteps: number): Share[] {
  const sums = new Map<string, { numCalls: number; ms: number }>();
  for (const { name, ms } of calls) {
    const sum = sums.get(name) ?? { numCalls: 0, ms: 0 };
    sum.numCalls += 1 / numSteps;
    sum.ms += ms / numSteps;
    sums.set(name, sum);
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.ms - a.ms);
}

/** Profiles a trainer on the current backend, which is simd or webgpu. Profiling slows steps down, so that other steps are timed. */
export async function profileTrainer(trainer: Trainer, backend: BackendName, timing: Timing): Promise<Profile> {
  const { medianMs: stepMs } = await measureTimes(() => trainer.step(), timing);
  const run = async (): Promise<void> => {
    for (let i = 0; i < NUM_STEPS; i++) await trainer.step();
  };
  if (backend === 'webgpu') {
    const calls = await profileShaders(run);
    const shapes = calls.map(({ name, shapes, ms }) => ({ name: `${name} ${shapes}`, ms }));
    return { stepMs, kernels: sumByName(calls, NUM_STEPS), shapes: sumByName(shapes, NUM_STEPS) };
  }
  startProfile();
  await run();
  const kernels = stopProfile().map(({ name, isFallback, numCalls, totalMs }) => {
    return { name: `${name}${isFallback ? ', FALLBACK to JavaScript' : ''}`, numCalls: numCalls / NUM_STEPS, ms: totalMs / NUM_STEPS };
  });
  return { stepMs, kernels, shapes: [] };
}

/** Lines of ms, share of all kernels, calls and name. */
export function formatProfile({ stepMs, kernels, shapes }: Profile): string {
  const kernelsMs = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const formatShare = ({ name, numCalls, ms }: Share): string => {
    const percent = ((100 * ms) / kernelsMs).toFixed(1);
    return `${ms.toFixed(3).padStart(10)} ms ${percent.padStart(5)} % ${numCalls.toFixed(0).padStart(5)} calls  ${name}`;
  };
  return [
    `step ${stepMs.toFixed(1)} ms; its kernels, one by one, ${kernelsMs.toFixed(1)} ms`,
    ...kernels.map(formatShare),
    ...(shapes.length === 0 ? [] : ['by shape, the most expensive:']),
    ...shapes.slice(0, MOST_SHAPES).map(formatShare),
  ].join('\n');
}
