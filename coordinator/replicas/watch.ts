// Which workers are let go: those that are silent for long, and those that are too far behind. Pure.

/** A worker that is further behind than this many steps, or this many bytes of averages, comes back with a fresh state. */
const MAX_LAG_STEPS = 64;
const MAX_LAG_BYTES = 512 * 1024 * 1024;
/** A few steps are no lag, however large they are. */
const LEAST_LAG_STEPS = 4;

const SILENT_AFTER_HEARTBEATS = 10;
const SLEPT_AFTER_HEARTBEATS = 3;

/** Steps that a worker may be behind. */
export function maxLag(gradientLength: number): number {
  return Math.min(MAX_LAG_STEPS, Math.max(LEAST_LAG_STEPS, Math.floor(MAX_LAG_BYTES / (gradientLength * 4))));
}

export interface Silence {
  /** Since the last look. */
  readonly sinceMs: number;
  /** Since the worker was last heard. */
  readonly silentMs: number;
  readonly heartbeatMs: number;
}

/** `forgive`: this process slept, and the worker's answers wait to be read. */
export function judgeSilence({ sinceMs, silentMs, heartbeatMs }: Silence): 'fine' | 'forgive' | 'cut off' {
  if (sinceMs > SLEPT_AFTER_HEARTBEATS * heartbeatMs) return 'forgive';
  return silentMs > SILENT_AFTER_HEARTBEATS * heartbeatMs ? 'cut off' : 'fine';
}
