// The worker processes of `pretext run`: kept up while it goes on, told when none can be.

import type { Logger } from 'pino';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Resources } from '../../worker/data/resources.js';
import { INCURABLE, type WorkerFailure } from '../../worker/node/restarts.js';
import { startSupervisor } from '../../worker/node/supervisor.js';
import { startWorkerProcess } from './worker-process.js';

export interface LocalWorkersOptions {
  readonly count: number;
  readonly join: string;
  readonly backend: string;
  readonly threads?: number;
  /** Folder with the data; without it workers fetch them. */
  readonly data?: string;
  readonly resources: Resources;
  readonly log: Logger;
  /** Called when the last worker is given up, with how it failed. */
  readonly onAllFailed: (failure: WorkerFailure) => void;
}

export interface LocalWorkers {
  /** Process numbers of those alive. */
  pids(): number[];
  /** Lets them end by themselves for a moment, then ends them. */
  stop(): Promise<void>;
}

const MAX_EARLY_FAILURES = 3;
const STOP_AFTER_MS = 5000;

export function startLocalWorkers({ count, join, backend, threads, data, resources, log, onAllFailed }: LocalWorkersOptions): LocalWorkers {
  let isStopping = false;
  const supervisor = startSupervisor({
    names: Array.from({ length: count }, (_, i) => `w${i + 1}`),
    policy: { maxEarlyFailures: MAX_EARLY_FAILURES, isFinal: (code) => INCURABLE.has(code) },
    log,
    // The coordinator shows their log.
    start: (name) => startWorkerProcess({ join, backend, resources, name, level: 'info', isLogShown: false, ...dropUndefined({ threads, data }) }, {}),
  });
  // Without any worker the run would wait for ever.
  void supervisor.ended.then((ends) => {
    const failures = [...ends.values()].filter((end) => typeof end === 'object');
    if (!isStopping && failures.length === count) onAllFailed(failures.at(-1)!);
  });
  return {
    pids: () => supervisor.pids(),
    stop() {
      isStopping = true;
      return supervisor.stop(STOP_AFTER_MS);
    },
  };
}
