// Bounded concurrency: work waits its turn, first come, first served.

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** A function that runs what it is given, at most `concurrency` at a time. */
export function createLimiter(concurrency: number): Limiter {
  let free = concurrency;
  const waiting: (() => void)[] = [];

  return async function runLimited<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line, so nobody overtakes.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
