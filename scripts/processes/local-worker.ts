// The process of a worker that `pretext run` starts. The token comes by the environment: arguments can be seen by others.

import { dropUndefined } from '../../shared/drop-undefined.js';
import { work, type WorkOptions } from '../actions/worker.js';
import { serveParent } from './child.js';

/** What goes through the argument: everything but what is no text, and no secret. */
export type LocalWorkerOptions = Omit<WorkOptions, 'signal' | 'isLogShown' | 'join' | 'token'> & { readonly join: string };

serveParent<LocalWorkerOptions>(({ join, ...options }, signal) =>
  work({ ...options, join: new URL(join), isLogShown: false, signal, ...dropUndefined({ token: process.env.PRETEXT_TOKEN }) }));
