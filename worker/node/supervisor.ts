// Keeps the worker processes of one machine up: one that fails is started again, and given up when that is of no use; all end together.
// Leaves out how a process is started (scripts/processes/) and when one is given up (restarts.ts).

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { judgeFailure, type RestartPolicy, type WorkerFailure } from './restarts.js';

/** How a process ended: as its worker did, or in an error. */
export type ProcessEnd =
  | { readonly type: 'finished' | 'left' }
  | { readonly type: 'failed'; readonly failure: WorkerFailure; readonly hasWorked: boolean };

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** How the last process of a name ended. */
export type LastEnd = 'finished' | 'left' | WorkerFailure;

export interface SupervisorOptions {
  readonly names: readonly string[];
  readonly policy: RestartPolicy;
  readonly log: Logger;
  /** `before` is how the process before it failed, where there was one. */
  start(name: string, before: WorkerFailure | undefined): WorkerProcess;
}

export interface Supervisor {
  /** Process numbers of those alive. */
  pids(): number[];
  /** Resolves when none is left and none will be started: by name, in the order in which they ended. */
  readonly ended: Promise<ReadonlyMap<string, LastEnd>>;
  /** Lets them end by themselves for so long, then ends them. */
  stop(killAfterMs: number): Promise<void>;
}

export function startSupervisor(options: SupervisorOptions): Supervisor {
  const running = new Map<string, WorkerProcess>();
  const ends = new Map<string, LastEnd>();
  const stopping = new AbortController();

  async function keepUp(name: string): Promise<LastEnd> {
    let before: WorkerFailure | undefined;
    for (let earlyFailures = 0; ;) {
      const startedMs = performance.now();
      const child = options.start(name, before);
      running.set(name, child);
      const end = await child.ended;
      running.delete(name);
      if (end.type !== 'failed') return end.type;
      const { failure, hasWorked } = end;
      if (stopping.signal.aborted) return failure;
      const verdict = judgeFailure({ failure, hasWorked, livedMs: performance.now() - startedMs, earlyFailures }, options.policy);
      const details = { worker: name, code: failure.code, reason: failure.message, hint: failure.hint };
      if (verdict.type === 'giveUp') {
        options.log.error(details, 'worker process ended, none is started in its place');
        return failure;
      }
      options.log.warn({ ...details, afterMs: verdict.afterMs }, 'worker process ended, starting another');
      await sleep(verdict.afterMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return failure;
      ({ earlyFailures } = verdict);
      before = failure;
    }
  }

  const ended = Promise.all(options.names.map(async (name) => { ends.set(name, await keepUp(name)); })).then(() => ends);
  return {
    ended,
    pids: () => [...running.values()].flatMap(({ pid }) => pid ?? []),
    async stop(killAfterMs) {
      stopping.abort();
      const killer = setTimeout(() => { for (const child of running.values()) child.kill('SIGKILL'); }, killAfterMs);
      for (const child of running.values()) child.kill('SIGTERM');
      await ended;
      clearTimeout(killer);
    },
  };
}
