// How a node ends, from how its workers did. Pure.

import type { ErrorCode } from '../../shared/errors/pretext-error.js';
import type { LastEnd } from './supervisor.js';

interface Circumstances {
  /** The node was told to stop. */
  readonly isTold: boolean;
  /** True for failures that another try, on this machine or another, may cure. */
  isCurable(code: ErrorCode): boolean;
}

/** One worker that saw the run's end is enough: it is over, whatever became of the others. A failure that would come again goes before others. */
export function concludeNode(ends: readonly LastEnd[], { isTold, isCurable }: Circumstances): LastEnd {
  if (ends.includes('finished')) return 'finished';
  const failures = ends.filter((end) => typeof end === 'object');
  if (isTold || failures.length === 0) return 'left';
  return failures.find(({ code }) => !isCurable(code)) ?? failures.at(-1)!;
}
