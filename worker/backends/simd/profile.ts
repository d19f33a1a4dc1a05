// Counts calls and time of every kernel while switched on, and which of them fell back to tfjs's JavaScript.

export interface KernelTiming {
  readonly name: string;
  readonly isFallback: boolean;
  numCalls: number;
  totalMs: number;
}

let timings: Map<string, KernelTiming> | undefined;

/** Starts counting from zero. */
export function startProfile(): void {
  timings = new Map();
}

/** Stops counting; what was counted, the most expensive first. */
export function stopProfile(): readonly KernelTiming[] {
  const result = [...(timings?.values() ?? [])].sort((a, b) => b.totalMs - a.totalMs);
  timings = undefined;
  return result;
}

/** Counts one call that began at `startMs` on the clock of `performance.now()`, while the profile is on. */
export function recordKernel(name: string, isFallback: boolean, startMs: number): void {
  if (timings === undefined) return;
  const key = isFallback ? `${name} (fallback)` : name;
  const timing = timings.get(key) ?? { name, isFallback, numCalls: 0, totalMs: 0 };
  timing.numCalls += 1;
  timing.totalMs += performance.now() - startMs;
  timings.set(key, timing);
}
