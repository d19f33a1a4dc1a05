// How many messages a connection may send that nobody asked it for: many at once, not many for long. Pure but for the clock.

export interface Flow {
  /** Throws when there are too many. */
  take(): void;
}

/** A worker's log sends 25 batches at most at a time, four times a second. */
const BURST = 1000;
const PER_SECOND = 200;

/** `now` gives monotonic milliseconds. */
export function createFlow(now: () => number): Flow {
  let left = BURST;
  let lastMs = now();
  return {
    take() {
      const nowMs = now();
      left = Math.min(BURST, left + ((nowMs - lastMs) / 1000) * PER_SECOND) - 1;
      lastMs = nowMs;
      if (left < 0) throw new Error(`more than ${PER_SECOND} messages a second that nobody asked for`);
    },
  };
}
