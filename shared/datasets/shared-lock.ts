// Work that may run beside others of its kind, and work that must run alone. Leaves out limits on how many run: see limiter.ts.

export interface SharedLock {
  /** Runs beside others, once lone work that was there before is done. */
  shared<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Runs when everything that was there before is done, and nothing beside it. */
  alone<Value>(work: () => Promise<Value>): Promise<Value>;
}

export function createSharedLock(): SharedLock {
  let lastAlone: Promise<unknown> = Promise.resolve();
  const inside = new Set<Promise<unknown>>();
  return {
    shared(work) {
      const run = lastAlone.then(work);
      const leave = (): boolean => inside.delete(run);
      inside.add(run);
      run.then(leave, leave);
      return run;
    },
    alone(work) {
      const run = Promise.allSettled([lastAlone, ...inside]).then(work);
      lastAlone = run.catch(() => {});
      return run;
    },
  };
}
