// The process of a worker that `pretext run` starts: told what to do by one JSON argument, gone when its parent is.

import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError, type ErrorCode } from '../../shared/errors/pretext-error.js';
import { workerAction, type WorkerActionOptions } from '../actions/worker.js';

/** What goes through the argument: everything but what is no text. */
type LocalWorkerOptions = Omit<WorkerActionOptions, 'signal' | 'isLogShown' | 'join'> & { readonly join: string };

/** What the process says before it ends in an error. */
export interface LocalFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const stop = new AbortController();
// A parent that was killed takes the channel with it: there is nobody left to work for.
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => stop.abort());
// Ctrl-C reaches the whole group: the parent decides what becomes of the run.
process.on('SIGINT', () => {});

const { join, ...options } = JSON.parse(process.argv[2] ?? '{}') as LocalWorkerOptions;
workerAction({ ...options, join: new URL(join), isLogShown: false, signal: stop.signal }).then(
  () => process.exit(0),
  (error: unknown) => {
    const { code, hint } = error instanceof PretextError ? error : { code: 'WORKER_FAILED' as const, hint: undefined };
    const failure: LocalFailure = { code, message: messageOf(error), ...dropUndefined({ hint }) };
    process.send!(failure, () => process.exit(1));
  },
);
