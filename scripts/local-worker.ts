// The process of a worker that `pretext run` starts: told what to do by one JSON argument, gone when its parent is.

import { messageOf } from '../shared/errors/pretext-error.js';
import { workerAction, type WorkerActionOptions } from './actions/worker.js';

/** What goes through the argument: everything but what is no text. */
type LocalWorkerOptions = Omit<WorkerActionOptions, 'signal' | 'isLogShown' | 'join'> & { readonly join: string };

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
    process.stderr.write(`worker ${options.name}: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
