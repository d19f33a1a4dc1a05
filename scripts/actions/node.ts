// What `pretext worker --devices` does: a worker process for each device of this machine, kept up until the run is over or a signal stops them.

import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Credentials } from '../../shared/client/credentials.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { createLog } from '../../shared/log/create-log.js';
import { chooseResources, measureMachine } from '../../worker/data/resources.js';
import { concludeNode } from '../../worker/node/conclude.js';
import type { DeviceChoice } from '../../worker/node/device-choice.js';
import { findDevices, type NodeDevices } from '../../worker/node/devices.js';
import { INCURABLE } from '../../worker/node/restarts.js';
import { startSupervisor, type LastEnd, type Supervisor } from '../../worker/node/supervisor.js';
import { EXIT, exitCodeOf } from '../commands/exit-codes.js';
import type { WorkerFlags } from '../commands/worker.js';
import { startWorkerProcess } from '../processes/worker-process.js';
import { readCredentials } from './read-credentials.js';
import { readResources } from './read-resources.js';
import { stopOnSignals } from './stop-on-signals.js';

type NodeFlags = WorkerFlags & { readonly devices: DeviceChoice };
type StartFlags = NodeFlags & { readonly credentials: Credentials };

/** A driver that resets takes a while. */
const MAX_EARLY_FAILURES = 6;
/** Longer than a worker takes that hands over its state. */
const STOP_AFTER_MS = 60_000;
/** Other failures lie with the run or with what the node was told: starting again does not cure them. */
const CURABLE: ReadonlySet<number> = new Set([EXIT.failed, EXIT.machine]);

/** Throws the PretextError of a worker where no device is left that could go on. */
export async function joinWithNode(flags: NodeFlags): Promise<void> {
  const { join, backend, devices: choice, cache, name = hostname(), json = false, level } = flags;
  const credentials = readCredentials(flags, join);
  const signal = stopOnSignals();
  const devices = await findDevices(choice, backend);
  const log = createLog({ name, level });
  log.info({ backend: devices.backend, devices: Object.fromEntries(devices.places.map((place) => [place.name, place.title])) }, 'a worker process for each device');
  // One for all of them: what one has fetched the others need not.
  const temporary = cache === undefined ? await mkdtemp(joinPath(tmpdir(), 'pretext-data-')) : undefined;
  let ends: ReadonlyMap<string, LastEnd>;
  try {
    const supervisor = startSupervisor({
      names: devices.places.map((place) => place.name),
      policy: { maxEarlyFailures: MAX_EARLY_FAILURES, isFinal: (code) => !CURABLE.has(exitCodeOf(code)) || INCURABLE.has(code) },
      log,
      start: startWith({ ...flags, credentials, name, cache: cache ?? temporary! }, devices),
    });
    ends = await untilOver(supervisor, signal);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
  conclude(ends, { isTold: signal.aborted, join, json });
}

function startWith({ join, credentials, threads, data, cache, wait, name, level, ...flags }: StartFlags, { backend, places }: NodeDevices): Parameters<typeof startSupervisor>[0]['start'] {
  const own = chooseResources(measureMachine(), places.length);
  const { fileCacheBytes = own.fileCacheBytes, ...given } = readResources(flags);
  // Each removes what it has used: together they keep to what one may.
  const resources = { ...own, ...given, fileCacheBytes: Math.floor(fileCacheBytes / places.length), fileCacheFolderBytes: fileCacheBytes };
  return (place, before) => {
    const { device } = places.find((each) => each.name === place)!;
    const options = { join: join.href, name: `${name}/${place}`, backend, device, threads, resources, connectForMs: wait * 1000, level, isLogShown: true };
    return startWorkerProcess({ ...options, ...dropUndefined({ data, cache, before }) }, credentials);
  };
}

async function untilOver(supervisor: Supervisor, signal: AbortSignal): Promise<ReadonlyMap<string, LastEnd>> {
  const stop = (): void => void supervisor.stop(STOP_AFTER_MS);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return supervisor.ended;
}

function conclude(ends: ReadonlyMap<string, LastEnd>, { isTold, join, json }: { isTold: boolean; join: URL; json: boolean }): void {
  const end = concludeNode([...ends.values()], { isTold, isCurable: (code) => CURABLE.has(exitCodeOf(code)) });
  if (json) {
    const devices = Object.fromEntries([...ends].map(([place, each]) => [place, typeof each === 'object' ? each.code : each]));
    process.stdout.write(`${JSON.stringify({ joined: join.href, drained: end === 'left', devices })}\n`);
  }
  if (end === 'left') process.exitCode = EXIT.drained;
  if (typeof end !== 'object') return;
  const { code, message, hint } = end;
  throw new PretextError(code, ends.size === 1 ? message : `No device of this machine is left: ${message}`, dropUndefined({ hint }));
}
