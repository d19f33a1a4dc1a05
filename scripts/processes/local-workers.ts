// The worker processes of `pretext run`: started together, started again when one dies, given up when that does not help, ended
// with the run.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Resources } from '../../worker/data/resources.js';
import type { ErrorCode } from '../../shared/errors/pretext-error.js';
import type { LocalFailure } from './local-worker.js';

export interface LocalWorkersOptions {
  readonly count: number;
  readonly join: string;
  readonly token?: string;
  readonly backend: string;
  readonly threads?: number;
  /** Where the data are at hand; without it workers fetch them. */
  readonly data?: string;
  readonly resources: Resources;
  readonly log: Logger;
  /** Last step of the run that is committed. */
  readonly committed: () => number;
  /** Called when the last worker is given up, with how it failed. */
  readonly onHopeless: (failure: LocalFailure) => void;
}

export interface LocalWorkers {
  /** Process numbers of those alive. */
  pids(): number[];
  /** Lets them end by themselves for a moment, then ends them. */
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./local-worker.js', import.meta.url));
/** Failures that every other try would meet again. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BACKEND_ABSENT', 'DEVICE_FULL']);
/** A life shorter than this, or one in which the run came no further, was in vain ... */
const SHORT_LIFE_MS = 10_000;
/** ... and so many in a row are a fault that starting again will not cure. */
const MAX_LIVES_IN_VAIN = 3;
const STOP_AFTER_MS = 5000;

export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const children = new Map<string, ChildProcess>();
  let isStopping = false;
  let numGivenUp = 0;

  function start(name: string, livesInVain: number): void {
    const bornMs = performance.now();
    const committedBefore = options.committed();
    const { join, backend, data, resources, token, threads } = options;
    const child = fork(ENTRY, [JSON.stringify({ join, backend, resources, name, level: 'info', ...dropUndefined({ token, threads, data }) })], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.set(name, child);
    let complaint = '';
    let said: LocalFailure | undefined;
    child.stderr!.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString()}`.slice(-2000); });
    child.on('message', (failure: LocalFailure) => { said = failure; });
    // Later than `exit`: by now what it said has been read.
    child.once('close', (exitCode, signal) => {
      children.delete(name);
      if (isStopping || exitCode === 0) return;
      const failure = said ?? { code: 'WORKER_FAILED', message: complaint.trim() || `its process ended with ${signal ?? `exit code ${exitCode}`}` };
      const wasInVain = performance.now() - bornMs < SHORT_LIFE_MS || options.committed() === committedBefore;
      const inVain = wasInVain ? livesInVain + 1 : 0;
      const details = { worker: name, exitCode, signal, code: failure.code, reason: failure.message, hint: failure.hint };
      if (FINAL_CODES.has(failure.code) || inVain >= MAX_LIVES_IN_VAIN) return giveUp(failure, details);
      options.log.warn(details, 'worker process ended, starting another');
      setTimeout(() => { if (!isStopping) start(name, inVain); }, 500).unref();
    });
  }

  /** The others go on; without any the run would wait for ever. */
  function giveUp(failure: LocalFailure, details: object): void {
    options.log.error(details, 'worker process ended, none is started in its place');
    numGivenUp += 1;
    if (numGivenUp === options.count) options.onHopeless(failure);
  }

  for (let i = 1; i <= options.count; i++) start(`w${i}`, 0);

  return {
    pids: () => [...children.values()].flatMap(({ pid }) => pid ?? []),
    async stop() {
      isStopping = true;
      const exits = [...children.values()].map((child) => new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
      }));
      const killer = setTimeout(() => { for (const child of children.values()) child.kill('SIGKILL'); }, STOP_AFTER_MS);
      for (const child of children.values()) child.kill('SIGTERM');
      await Promise.all(exits);
      clearTimeout(killer);
    },
  };
}
