// Work that may run beside others of its kind, and work that must run alone. Leaves out limits on how many run: see limiter.ts.

export interface Gate {
  /** Runs beside others, once lone work that was there before is done. */
  together<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Runs when everything that was there before is done, and nothing beside it. */
  alone<Value>(work: () => Promise<Value>): Promise<Value>;
}

export function createGate(): Gate {
  let lastAlone: Promise<unknown> = Promise.resolve();
  const inside = new Set<Promise<unknown>>();
  return {
    together(work) {
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
