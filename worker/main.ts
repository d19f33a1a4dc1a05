// A worker, top to bottom: start the compute thread, connect, take part, come back when the connection breaks, leave when done.

import type { WebSocket } from 'ws';
import { isCurable } from '../shared/client/curable.js';
import { dropUndefined } from '../shared/drop-undefined.js';
import { messageOf } from '../shared/errors/pretext-error.js';
import { connect } from './client/connect.js';
import type { WorkEnd, WorkerOptions } from './client/options.js';
import type { Session } from './client/session.js';
import { takePart } from './client/take-part.js';
import { unlessAborted } from './client/unless-aborted.js';
import { createComputeClient, type ComputeClient } from './compute/compute-client.js';

export type { WorkEnd, WorkerOptions } from './client/options.js';

const RETRY_MS = 250;
const MAX_RETRY_MS = 5000;

/** Works until the run is complete or `signal` aborts. Throws PretextError on everything that trying again cannot cure. */
export async function runWorker(options: WorkerOptions): Promise<WorkEnd> {
  const compute = createComputeClient();
  try {
    return await takePartInRun(options, compute);
  } finally {
    await compute.dispose();
  }
}

async function takePartInRun(options: WorkerOptions, compute: ComputeClient): Promise<WorkEnd> {
  const { backend, device, threads, log, signal } = options;
  const started = await unlessAborted(compute.call('start', { backend, ...dropUndefined({ device, threads }) }), signal);
  if (!started) return 'left';
  const { kind } = started.result;
  log.info({ backend: kind }, 'compute backend started');
  const session: Session = { options, compute, backend: kind, replica: { step: undefined } };
  try {
    for (let patienceMs = options.connectForMs; !signal.aborted; patienceMs = options.reconnectForMs) {
      const socket = await connectPatiently(options, patienceMs, session.runId !== undefined);
      const end = socket ? await takePart(socket, session) : 'left';
      if (end !== undefined) return end;
    }
    return 'left';
  } finally {
    await session.data?.dispose();
  }
}

async function connectPatiently({ join, credentials = {}, log, signal }: WorkerOptions, patienceMs: number, hasBeenIn: boolean): Promise<WebSocket | undefined> {
  const untilMs = performance.now() + patienceMs;
  for (let waitMs = RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      const opening = connect({ url: join, ...credentials });
      const socket = await unlessAborted(opening, signal);
      if (!socket) void opening.then((late) => late.terminate(), () => {});
      return socket;
    } catch (error) {
      if (!isCurable(error, { ...credentials, hasBeenIn }) || performance.now() > untilMs) throw error;
      log.warn({ reason: messageOf(error) }, 'not connected, trying again');
      await sleep(waitMs, signal);
    }
  }
  return undefined;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish);
  });
}
