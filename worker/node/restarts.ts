// Whether a worker process that failed is started again, and when. Pure.

import type { ErrorCode } from '../../shared/errors/pretext-error.js';

/** Why a process ended in an error; WORKER_FAILED where a signal ended it, or nobody knows. */
export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** Starting again does not cure them on any machine. */
export const INCURABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BACKEND_ABSENT', 'DEVICE_FULL']);

export interface RestartPolicy {
  /** So many early failures in a row, and it is not started again. */
  readonly maxEarlyFailures: number;
  /** True for failures that starting again does not cure. */
  isFinal(code: ErrorCode): boolean;
}

export interface FailedProcess {
  readonly failure: WorkerFailure;
  readonly livedMs: number;
  /** It has handed in work of its own. */
  readonly hasWorked: boolean;
  /** How many of the processes before it failed early in a row. */
  readonly earlyFailures: number;
}

export type Verdict =
  | { readonly type: 'giveUp' }
  | { readonly type: 'restart'; readonly afterMs: number; readonly earlyFailures: number };

/** A process that ends sooner than this, or that has done nothing, has failed early. */
const EARLY_MS = 10_000;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

export function judgeFailure({ failure, livedMs, hasWorked, earlyFailures }: FailedProcess, { maxEarlyFailures, isFinal }: RestartPolicy): Verdict {
  const failures = livedMs < EARLY_MS || !hasWorked ? earlyFailures + 1 : 0;
  if (isFinal(failure.code) || failures >= maxEarlyFailures) return { type: 'giveUp' };
  return { type: 'restart', afterMs: Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1), MAX_WAIT_MS), earlyFailures: failures };
}
