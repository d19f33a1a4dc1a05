// How much of what it has not applied yet may wait for a worker: the coordinator sends no more, and the worker takes no more.

const MAX_LAG_BYTES = 512 * 1024 * 1024;
/** A few steps are no lag, however large they are. */
const LEAST_LAG_STEPS = 4;

/** Steps whose averages, of so many elements each, may wait for a worker. */
export function maxWaiting(gradientLength: number): number {
  return Math.max(LEAST_LAG_STEPS, Math.floor(MAX_LAG_BYTES / (gradientLength * 4)));
}
