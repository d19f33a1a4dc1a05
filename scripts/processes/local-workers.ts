// The worker processes of `pretext run`. A process that dies is started again, and given up when it keeps failing early; all end with
// the run.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { ErrorCode } from '../../shared/errors/pretext-error.js';
import type { Resources } from '../../worker/data/resources.js';
import type { ChildFailure, ChildMessage } from './child.js';
import type { LocalWorkerOptions } from './local-worker.js';

export interface LocalWorkersOptions {
  readonly count: number;
  readonly join: string;
  readonly token?: string;
  readonly backend: string;
  readonly threads?: number;
  /** Folder with the data; without it workers fetch them. */
  readonly data?: string;
  readonly resources: Resources;
  readonly log: Logger;
  /** Last step of the run that is committed. */
  readonly committed: () => number;
  /** Called when the last worker is given up, with how it failed. */
  readonly onAllFailed: (failure: ChildFailure) => void;
}

export interface LocalWorkers {
  /** Process numbers of those alive. */
  pids(): number[];
  /** Lets them end by themselves for a moment, then ends them. */
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./local-worker.js', import.meta.url));
/** Failures that starting again does not cure. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BACKEND_ABSENT', 'DEVICE_FULL']);
/** A process that ends sooner than this, or that brought the run no further, has failed early ... */
const EARLY_MS = 10_000;
/** ... and after so many early failures in a row it is not started again. */
const MAX_EARLY_FAILURES = 3;
const RESTART_AFTER_MS = 500;
const STOP_AFTER_MS = 5000;

function startChild(name: string, { join, backend, data, resources, token, threads }: LocalWorkersOptions): ChildProcess {
  const options: LocalWorkerOptions = { join, backend, resources, name, level: 'info', ...dropUndefined({ threads, data }) };
  const env = { ...process.env, ...dropUndefined({ PRETEXT_TOKEN: token }) };
  return fork(ENTRY, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env });
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const children = new Map<string, ChildProcess>();
  let isStopping = false;
  let numGivenUp = 0;

  /** `earlyFailures`: how many of the processes before it failed early in a row. */
  function start(name: string, earlyFailures: number): void {
    const startedMs = performance.now();
    const committedBefore = options.committed();
    const child = startChild(name, options);
    children.set(name, child);
    let stderr = '';
    let said: ChildFailure | undefined;
    child.stderr!.on('data', (chunk: Buffer) => { stderr = `${stderr}${chunk.toString()}`.slice(-2000); });
    child.on('message', (message: ChildMessage) => { if (message.type === 'failure') said = message.failure; });
    // `close` comes after `exit`, when all messages have been read.
    child.once('close', (exitCode, signal) => {
      children.delete(name);
      if (isStopping || exitCode === 0) return;
      const failure = said ?? { code: 'WORKER_FAILED', message: stderr.trim() || `its process ended with ${signal ?? `exit code ${exitCode}`}` };
      const isEarly = performance.now() - startedMs < EARLY_MS || options.committed() === committedBefore;
      const failures = isEarly ? earlyFailures + 1 : 0;
      const details = { worker: name, exitCode, signal, code: failure.code, reason: failure.message, hint: failure.hint };
      if (FINAL_CODES.has(failure.code) || failures >= MAX_EARLY_FAILURES) return giveUp(failure, details);
      options.log.warn(details, 'worker process ended, starting another');
      setTimeout(() => { if (!isStopping) start(name, failures); }, RESTART_AFTER_MS).unref();
    });
  }

  /** The others go on. Without any worker the run would wait for ever. */
  function giveUp(failure: ChildFailure, details: object): void {
    options.log.error(details, 'worker process ended, none is started in its place');
    numGivenUp += 1;
    if (numGivenUp === options.count) options.onAllFailed(failure);
  }

  for (let i = 1; i <= options.count; i++) start(`w${i}`, 0);

  return {
    pids: () => [...children.values()].flatMap(({ pid }) => pid ?? []),
    async stop() {
      isStopping = true;
      const alive = [...children.values()].filter((child) => !hasExited(child));
      const exits = alive.map((child) => new Promise<void>((resolve) => { child.once('exit', () => resolve()); }));
      const killer = setTimeout(() => { for (const child of alive) child.kill('SIGKILL'); }, STOP_AFTER_MS);
      for (const child of alive) child.kill('SIGTERM');
      await Promise.all(exits);
      clearTimeout(killer);
    },
  };
}
