// Timing shared by the benchmarks.

import { median } from '../data/median.js';

/** `wall` is what a user waits; `cpu` is the process's own time, steadier where other programs want the processor too. */
export type Clock = 'wall' | 'cpu';

export function readMs(clock: Clock): number {
  if (clock === 'wall') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export interface Timing {
  /** How long to measure at least; there are at least 5 runs, after 3 that do not count. */
  readonly seconds: number;
  readonly clock: Clock;
}

/** Of the times of repeated runs, in ms. The best is what a machine without other work would give. */
export interface Times {
  readonly medianMs: number;
  readonly bestMs: number;
}

export async function measureTimes(run: () => unknown, { seconds, clock }: Timing): Promise<Times> {
  for (let i = 0; i < 3; i++) await run();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < 5) {
    const start = readMs(clock);
    await run();
    times.push(readMs(clock) - start);
  }
  return { medianMs: median(times), bestMs: Math.min(...times) };
}
