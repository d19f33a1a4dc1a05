// The process of a worker that `pretext run` or a node starts. The token comes by the environment, because other users
// of the machine can see arguments.

import { credentialsIn } from '../../shared/client/credentials.js';
import { work, type WorkOptions } from '../actions/worker.js';
import { serveParent } from './child.js';

/** The options that go through the argument: plain data without secrets. */
export type LocalWorkerOptions = Omit<WorkOptions, 'signal' | 'join' | 'credentials' | 'onWorked'> & { readonly join: string };

serveParent<LocalWorkerOptions>(({ join, ...options }, signal, onProgress) => {
  let hasWorked = false;
  const onWorked = (): void => {
    if (!hasWorked) onProgress('worked');
    hasWorked = true;
  };
  return work({ ...options, join: new URL(join), signal, onWorked, credentials: credentialsIn(process.env) });
});
