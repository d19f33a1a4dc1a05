// Starts the process of a worker and says how it ends. Tokens go by the environment, because other users of the machine can see arguments.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentOf, type Credentials } from '../../shared/client/credentials.js';
import { messageOf } from '../../shared/errors/pretext-error.js';
import type { WorkEnd } from '../../worker/client/options.js';
import type { WorkerFailure } from '../../worker/node/restarts.js';
import type { ProcessEnd, WorkerProcess } from '../../worker/node/supervisor.js';
import type { ChildMessage } from './child.js';
import type { LocalWorkerOptions } from './local-worker.js';

const ENTRY = fileURLToPath(new URL('./local-worker.js', import.meta.url));

/** Variables with secrets and certificates: a worker has those that it is given, and no others of this process. */
const CREDENTIAL = /^PRETEXT_(TLS_\w+|(\w+_)?TOKEN(_FILE)?)$/;

export function startWorkerProcess(options: LocalWorkerOptions, credentials: Credentials): WorkerProcess {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !CREDENTIAL.test(name)));
  const env = { ...inherited, ...environmentOf(credentials) };
  try {
    // Where the log is shown, stderr is its: a pipe between would hide that it is a terminal.
    return watch(fork(ENTRY, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', options.isLogShown ? 'inherit' : 'pipe', 'ipc'], env }));
  } catch (error) {
    return { pid: undefined, ended: Promise.resolve(neverStarted(error)), kill: () => {} };
  }
}

/** There are too many processes, or there is too little memory for another. Some of that is thrown, some told later. */
function neverStarted(error: unknown): ProcessEnd {
  return { type: 'failed', failure: { code: 'WORKER_FAILED', message: `its process cannot be started: ${messageOf(error)}` }, hasWorked: false };
}

function watch(child: ChildProcess): WorkerProcess {
  let stderr = '';
  let end: WorkEnd | undefined;
  let failure: WorkerFailure | undefined;
  let hasWorked = false;
  child.stderr?.on('data', (chunk: Buffer) => { stderr = `${stderr}${chunk.toString()}`.slice(-2000); });
  child.on('message', (message: ChildMessage<WorkEnd>) => {
    if (message.type === 'failure') ({ failure } = message);
    else if (message.type === 'result') end = message.result;
    else hasWorked = true;
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('error', (error) => { if (child.pid === undefined) resolve(neverStarted(error)); });
    // `close` comes after `exit`, when all messages have been read.
    child.once('close', (exitCode, signal) => {
      if (end !== undefined) return resolve({ type: end });
      failure ??= { code: 'WORKER_FAILED', message: stderr.trim() || `its process ended with ${signal ?? `exit code ${exitCode}`}` };
      resolve({ type: 'failed', failure, hasWorked });
    });
  });
  return { pid: child.pid, ended, kill: (signal) => void child.kill(signal) };
}
