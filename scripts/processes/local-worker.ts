// The process of a worker that `pretext run` starts. The token comes by the environment, because other users
// of the machine can see arguments.

import { dropUndefined } from '../../shared/drop-undefined.js';
import { work, type WorkOptions } from '../actions/worker.js';
import { serveParent } from './child.js';

/** The options that go through the argument: plain data without secrets. */
export type LocalWorkerOptions = Omit<WorkOptions, 'signal' | 'isLogShown' | 'join' | 'token'> & { readonly join: string };

serveParent<LocalWorkerOptions>(({ join, ...options }, signal) =>
  work({ ...options, join: new URL(join), isLogShown: false, signal, ...dropUndefined({ token: process.env.PRETEXT_TOKEN }) }));
