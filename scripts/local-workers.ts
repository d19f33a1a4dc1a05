// The worker processes of `pretext run`: started together, started again when one dies, ended with the run.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dropUndefined } from '../shared/drop-undefined.js';
import type { Logger } from 'pino';

export interface LocalWorkersOptions {
  readonly count: number;
  readonly join: string;
  readonly token?: string;
  readonly backend: string;
  readonly threads?: number;
  readonly data: string;
  readonly log: Logger;
  /** Called when the workers keep dying without getting anything done. */
  readonly onHopeless: (reason: string) => void;
}

export interface LocalWorkers {
  /** Process numbers of those alive. */
  pids(): number[];
  /** Lets them end by themselves for a moment, then ends them. */
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./local-worker.js', import.meta.url));
/** A worker that dies younger than this has a fault that starting it again will not cure ... */
const INFANT_MS = 10_000;
/** ... if it happens this often in a row. */
const MAX_INFANT_DEATHS = 3;
const STOP_AFTER_MS = 5000;

export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const children = new Map<string, ChildProcess>();
  let isStopping = false;
  let infantDeaths = 0;

  function start(name: string): void {
    const bornMs = performance.now();
    const { join, backend, data, token, threads } = options;
    const child = fork(ENTRY, [JSON.stringify({ join, backend, data, name, level: 'info', ...dropUndefined({ token, threads }) })], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.set(name, child);
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString()}`.slice(-2000); });
    child.once('exit', (code, signal) => {
      children.delete(name);
      if (isStopping || code === 0) return;
      options.log.warn({ worker: name, code, signal, stderr: complaint.trim() }, 'worker process ended, starting another');
      infantDeaths = performance.now() - bornMs < INFANT_MS ? infantDeaths + 1 : 0;
      if (infantDeaths >= MAX_INFANT_DEATHS * options.count) return options.onHopeless(complaint.trim() || `exit code ${code}`);
      setTimeout(() => { if (!isStopping) start(name); }, 500).unref();
    });
  }

  for (let i = 1; i <= options.count; i++) start(`w${i}`);

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
