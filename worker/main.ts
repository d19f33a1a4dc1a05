// A worker, top to bottom: start the compute thread, connect, take part, come back when the connection breaks, leave when done.

import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { dropUndefined } from '../shared/drop-undefined.js';
import { messageOf, PretextError } from '../shared/errors/pretext-error.js';
import { createChannel, type Channel } from '../shared/protocol/channel.js';
import { FINAL_CLOSE_CODES, CLOSE } from '../shared/protocol/close-codes.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker, type Message } from '../shared/protocol/messages.js';
import { connect } from './client/connect.js';
import { createStepLoop, type Replica, type StepLoop } from './client/step-loop.js';
import { createComputeClient, type ComputeClient } from './compute/compute-client.js';
import { readRecipe } from './bind-recipe.js';
import { createDataSource, type DataSource } from './data/data-source.js';
import type { Resources } from './data/resources.js';

export interface WorkerOptions {
  /** Address of the coordinator. */
  readonly join: URL;
  readonly token?: string;
  /** Name in logs and reports. Default: host and process. */
  readonly name?: string;
  readonly backend: string;
  readonly device?: number;
  /** Threads that compute. */
  readonly threads?: number;
  /** Folder with a copy of the dataset; without it files come from the coordinator. */
  readonly data?: string;
  /** Folder for files that came from the coordinator. Default: one in the system's temporary folder. */
  readonly cache?: string;
  /** What reading the data may take of the machine. */
  readonly resources: Resources;
  /** How long to try for a first connection, and for a lost one. */
  readonly connectForMs: number;
  readonly reconnectForMs: number;
  readonly log: Logger;
  /** Called with a way to send log records once connected, which is false when they cannot be sent now, and with undefined when the connection is lost. */
  readonly onConnection?: (send: ((records: string[], dropped: number) => boolean) | undefined) => void;
  /** Aborting drains: the microbatch in hand is finished and sent. */
  readonly signal: AbortSignal;
}

const RETRY_MS = 250;
const MAX_RETRY_MS = 5000;
const SILENT_AFTER_HEARTBEATS = 10;

interface Session {
  /** What is kept between connections. */
  id?: string;
  runId?: string;
  stage?: number;
  data?: DataSource;
  built?: { readonly recipe: string; readonly stateLength: number; readonly layout: Message<'ready'>['layout'] };
  readonly replica: Replica;
}

/** Works until the run is complete or `signal` aborts. Throws PretextError on everything that trying again cannot cure. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const url = options.join;
  const compute = createComputeClient();
  const session: Session = { replica: { step: undefined } };
  try {
    const { result } = await compute.call('start', { backend: options.backend, ...dropUndefined({ device: options.device, threads: options.threads }) });
    options.log.info({ backend: result.kind }, 'compute backend started');
    let patienceMs = options.connectForMs;
    while (!options.signal.aborted) {
      const socket = await connectPatiently(url, options, patienceMs);
      if (!socket) return;
      const isOver = await takePart(socket, result.kind, url, compute, session, options);
      if (isOver) return;
      patienceMs = options.reconnectForMs;
    }
  } finally {
    await session.data?.dispose();
    await compute.dispose();
  }
}

async function connectPatiently(url: URL, options: WorkerOptions, patienceMs: number): Promise<WebSocket | undefined> {
  const untilMs = performance.now() + patienceMs;
  for (let waitMs = RETRY_MS; !options.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      return await connect(url, options.token);
    } catch (error) {
      if (!(error instanceof PretextError) || error.code !== 'UNREACHABLE' || performance.now() > untilMs) throw error;
      options.log.warn({ reason: error.message }, 'not connected, trying again');
      await sleep(waitMs, options.signal);
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

/** Takes part over one connection. Resolves true when the worker's work is over, false when it should connect again. */
async function takePart(
  socket: WebSocket, backend: string, url: URL, compute: ComputeClient, session: Session, options: WorkerOptions,
): Promise<boolean> {
  let loop: StepLoop | undefined;
  let lastHeardMs = performance.now();
  let heartbeatMs = 1000;
  let chunkBytes = 1;
  let close!: (end: { code: number; reason: string }) => void;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => { close = resolve; });
  let failure: unknown;

  const channel = createChannel<FromCoordinator, FromWorker>(socket, {
    schema: fromCoordinatorSchema,
    chunkBytes: () => chunkBytes,
    onAlive: () => { lastHeardMs = performance.now(); },
    onClose: (code, reason) => close({ code, reason }),
    onMessage: (message, payload) => {
      if (message.type === 'welcome') void welcome(message).catch(giveUp);
      else loop?.handle(message, payload);
    },
  });

  function giveUp(error: unknown): void {
    if (failure === undefined) channel.send(describeFailure(error, session.replica));
    failure ??= error;
    void channel.flushed().then(() => channel.close(1011, 'worker failed'));
  }

  async function welcome(message: Message<'welcome'>): Promise<void> {
    ({ chunkBytes, heartbeatMs } = message);
    session.id = message.session;
    session.runId = message.runId;
    session.stage = message.stage;
    await prepareSession(message, url, compute, session, options);
    if (!channel.isOpen) return;
    const { stateLength, layout } = session.built!;
    const { batch: { microbatches }, exchange: { lookaheadSteps } } = readRecipe(message.recipe);
    loop = createStepLoop({
      channel, compute, replica: session.replica, microbatches, stateLength, gradientLength: layout.gradientLength,
      prepare: (lease) => session.data!.prepare(lease),
      prefetch: microbatches * Math.min(2, lookaheadSteps + 1),
      log: options.log,
    });
    loop.done.catch(giveUp);
    channel.send({ type: 'ready', layout });
    options.onConnection?.((records, dropped) => {
      channel.send({ type: 'log', records, dropped });
      return channel.isOpen;
    });
    if (options.signal.aborted) drain();
  }

  function drain(): void {
    channel.send({ type: 'leaving', reason: 'told to stop' });
    loop?.drain();
    void (loop?.done ?? Promise.resolve()).then(() => channel.flushed()).then(() => channel.close(1000, 'left')).catch(giveUp);
  }

  const watch = setInterval(() => {
    if (performance.now() - lastHeardMs > SILENT_AFTER_HEARTBEATS * heartbeatMs) channel.terminate();
  }, 500);
  options.signal.addEventListener('abort', drain);
  sendHello(channel, backend, session, options);
  const { code, reason } = await closed;
  clearInterval(watch);
  options.signal.removeEventListener('abort', drain);
  options.onConnection?.(undefined);
  loop?.close();
  await loop?.done.catch(giveUp);
  if (failure !== undefined) throw failure as Error;
  if (options.signal.aborted || code === CLOSE.finished) return true;
  if (FINAL_CLOSE_CODES.has(code)) throw new PretextError('REFUSED', reason || `The coordinator closed the connection (${code}).`);
  if (code === CLOSE.nextStage) options.log.info({ reason }, 'stage is complete');
  else options.log.warn({ code, reason }, 'connection lost');
  return false;
}

function sendHello(channel: Channel<FromWorker>, backend: string, session: Session, options: WorkerOptions): void {
  channel.send({
    type: 'hello',
    protocol: 1,
    name: options.name ?? `${hostname()}-${process.pid}`,
    ...dropUndefined({ session: session.id, runId: session.runId, stage: session.stage, step: session.replica.step }),
    backend,
    host: hostname(),
    pid: process.pid,
  });
}

function describeFailure(error: unknown, { step }: Replica): Message<'failed'> {
  const { code, hint } = error instanceof PretextError ? error : { code: 'WORKER_FAILED', hint: undefined };
  const next = step === undefined ? undefined : step + 1;
  return { type: 'failed', code, message: messageOf(error).slice(0, 4000), final: false, ...dropUndefined({ hint, step: next }) };
}

/** Builds model and data for the recipe, unless they are there from the connection before. */
async function prepareSession(message: Message<'welcome'>, url: URL, compute: ComputeClient, session: Session, options: WorkerOptions): Promise<void> {
  const recipe = JSON.stringify([message.runId, message.stage, message.recipe]);
  if (session.built?.recipe === recipe) return;
  const { result } = await compute.call('build', { recipe: message.recipe });
  session.replica.step = undefined;
  session.built = { recipe, ...result };
  await session.data?.dispose();
  session.data = await createDataSource(message.recipe, {
    url, stage: message.stage, log: options.log, resources: options.resources, ...dropUndefined({ token: options.token, root: options.data, cache: options.cache }),
  });
}
