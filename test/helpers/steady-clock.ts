// The clock of sites that share a process with many others.

/** Longest time that passes between two looks at the clock, in ms. */
const LONGEST_PASSING_MS = 25;

/** The clock of a site, which shares its process with many: where all stand still, nobody on it becomes late by that. */
export function createSteadyClock(): () => number {
  let [nowMs, seenMs] = [0, performance.now()];
  return () => {
    const realMs = performance.now();
    nowMs += Math.min(realMs - seenMs, LONGEST_PASSING_MS);
    seenMs = realMs;
    return nowMs;
  };
}
