// What `pretext worker` does, and each worker process of `pretext run` or of a node: log, ship the log to the coordinator, work, drain when told.

import { hostname } from 'node:os';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { createLog } from '../../shared/log/create-log.js';
import type { LevelName } from '../../shared/log/levels.js';
import { createLogShipper } from '../../shared/log/log-shipper.js';
import type { WorkerOptions } from '../../worker/client/options.js';
import { chooseResources, measureMachine, type Resources } from '../../worker/data/resources.js';
import { runWorker, type WorkEnd } from '../../worker/main.js';
import type { WorkerFailure } from '../../worker/node/restarts.js';
import { EXIT } from '../commands/exit-codes.js';
import type { WorkerFlags } from '../commands/worker.js';
import { joinWithNode } from './node.js';
import { readCredentials } from './read-credentials.js';
import { readResources } from './read-resources.js';
import { stopOnSignals } from './stop-on-signals.js';

export interface WorkOptions extends Omit<WorkerOptions, 'resources' | 'connectForMs' | 'reconnectForMs' | 'log' | 'onConnection'> {
  /** Replaces the defaults that follow from the machine's cores and memory. */
  readonly resources?: Partial<Resources>;
  /** How long to try for a first connection. Default 30 seconds. */
  readonly connectForMs?: number;
  readonly level: LevelName;
  /** False for the workers of `pretext run`: the coordinator shows their log. */
  readonly isLogShown: boolean;
  /** How the process before this one failed, for the run's log. */
  readonly before?: WorkerFailure;
}

const CONNECT_FOR_MS = 30_000;
const RECONNECT_FOR_MS = 10 * 60_000;

/** Resolves when the run is complete, or the worker has left it on request. Throws PretextError otherwise. */
export async function work(options: WorkOptions): Promise<WorkEnd> {
  let send: ((records: string[], dropped: number) => boolean) | undefined;
  const shipper = createLogShipper({
    send(records, droppedSoFar) {
      return send?.([...records], droppedSoFar) ?? false;
    },
  });
  const name = options.name ?? `${hostname()}-${process.pid}`;
  const log = createLog({ name, level: options.level, sinks: [shipper], ...(options.isLogShown ? {} : { stream: null }) });
  if (options.before) log.warn({ code: options.before.code, reason: options.before.message }, 'the process before this one ended, this was started in its place');
  try {
    return await runWorker({
      join: options.join,
      name,
      backend: options.backend,
      resources: { ...chooseResources(measureMachine()), ...options.resources },
      connectForMs: options.connectForMs ?? CONNECT_FOR_MS,
      reconnectForMs: RECONNECT_FOR_MS,
      log,
      signal: options.signal,
      ...dropUndefined({ credentials: options.credentials, device: options.device, threads: options.threads, data: options.data, cache: options.cache, onWorked: options.onWorked }),
      onConnection(sender) {
        send = sender;
        if (sender) shipper.flush();
      },
    });
  } finally {
    shipper.stop();
  }
}

/** Works until the run is over or a signal stops it. */
export async function joinRun(flags: WorkerFlags): Promise<void> {
  if (flags.devices) return joinWithNode({ ...flags, devices: flags.devices });
  const { join, backend, device, threads, data, cache, wait, name, json = false, level } = flags;
  const credentials = readCredentials(flags, join);
  const signal = stopOnSignals();
  const end = await work({
    join, backend, threads, level, signal, connectForMs: wait * 1000, isLogShown: true, resources: readResources(flags), credentials,
    ...dropUndefined({ device, data, cache, name }),
  });
  if (json) process.stdout.write(`${JSON.stringify({ joined: join.href, drained: end === 'left' })}\n`);
  if (end === 'left') process.exitCode = EXIT.drained;
}
