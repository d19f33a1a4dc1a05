// A worker's part in a run over one connection: hello, welcome, the step loop, and how it ends. Leaves out connecting (main.ts)
// and the steps themselves (step-loop.ts).

import { hostname } from 'node:os';
import type { WebSocket } from 'ws';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { createChannel, type Channel } from '../../shared/protocol/channel.js';
import { CLOSE, FINAL_CLOSE_CODES } from '../../shared/protocol/close-codes.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker, type Message } from '../../shared/protocol/messages.js';
import { prepareSession, type Session } from './session.js';
import { createStepLoop, type Replica, type StepLoop } from './step-loop.js';

const SILENT_AFTER_HEARTBEATS = 10;
const LOOK_EVERY_MS = 500;
/** A worker that leaves may be the last that has the state: so long it waits for being asked for it. */
const HANDOVER_MS = 25_000;

/** How a connection ended. */
interface End {
  readonly code: number;
  readonly reason: string;
}

interface Connection {
  readonly session: Session;
  readonly channel: Channel<FromWorker>;
  readonly ended: Promise<End>;
  /** When the coordinator was last heard, and how often it should be. */
  lastHeardMs: number;
  heartbeatMs: number;
  /** Undefined until the coordinator has said what the run is. */
  loop: StepLoop | undefined;
  /** What made the worker give up. */
  failure: unknown;
}

/** Takes part over one connection. Resolves true when the worker's work is over, false when it should connect again. */
export async function takePart(socket: WebSocket, session: Session): Promise<boolean> {
  const { signal, onConnection } = session.options;
  const connection = openConnection(socket, session);
  const watch = setInterval(() => endWhenSilent(connection), LOOK_EVERY_MS);
  const onAbort = (): void => drain(connection);
  signal.addEventListener('abort', onAbort);
  sendHello(connection);
  const end = await connection.ended;
  clearInterval(watch);
  signal.removeEventListener('abort', onAbort);
  onConnection?.(undefined);
  connection.loop?.close();
  await connection.loop?.done.catch((error: unknown) => giveUp(connection, error));
  return isOver(connection, end);
}

function openConnection(socket: WebSocket, session: Session): Connection {
  let chunkBytes = 1;
  let end!: (end: End) => void;
  const ended = new Promise<End>((resolve) => { end = resolve; });
  const channel = createChannel<FromCoordinator, FromWorker>(socket, {
    schema: fromCoordinatorSchema,
    chunkBytes: () => chunkBytes,
    onAlive: () => { connection.lastHeardMs = performance.now(); },
    onClose: (code, reason) => end({ code, reason }),
    onMessage: (message, payload) => {
      if (message.type !== 'welcome') return connection.loop?.handle(message, payload);
      ({ chunkBytes } = message);
      welcome(connection, message).catch((error: unknown) => giveUp(connection, error));
    },
  });
  const connection: Connection = { session, channel, ended, lastHeardMs: performance.now(), heartbeatMs: 1000, loop: undefined, failure: undefined };
  return connection;
}

async function welcome(connection: Connection, message: Message<'welcome'>): Promise<void> {
  const { session, channel } = connection;
  const { signal, onConnection } = session.options;
  connection.heartbeatMs = message.heartbeatMs;
  session.id = message.session;
  session.runId = message.runId;
  session.stage = message.stage;
  await prepareSession(session, message);
  if (!channel.isOpen) return;
  startLoop(connection);
  channel.send({ type: 'ready', layout: session.built!.layout });
  onConnection?.((records, dropped) => {
    channel.send({ type: 'log', records, dropped });
    return channel.isOpen;
  });
  if (signal.aborted) drain(connection);
}

function startLoop(connection: Connection): void {
  const { session: { options, compute, replica, built, data }, channel } = connection;
  const { stateLength, layout: { gradientLength }, recipe: { batch: { microbatches }, exchange: { lookaheadSteps } } } = built!;
  const prefetch = microbatches * Math.min(2, lookaheadSteps + 1);
  const prepare = data!.prepare;
  connection.loop = createStepLoop({ channel, compute, replica, prepare, microbatches, prefetch, gradientLength, stateLength, log: options.log });
  connection.loop.done.catch((error: unknown) => giveUp(connection, error));
}

/** Finishes the microbatch in hand, sends it, and leaves when the coordinator says so. */
function drain(connection: Connection): void {
  const { channel, loop } = connection;
  channel.send({ type: 'leaving', reason: 'told to stop' });
  loop?.drain();
  setTimeout(() => loop?.close(), HANDOVER_MS).unref();
  void (loop?.done ?? Promise.resolve())
    .then(() => channel.flushed())
    .then(() => channel.close(1000, 'left'))
    .catch((error: unknown) => giveUp(connection, error));
}

function giveUp(connection: Connection, error: unknown): void {
  const { channel, session } = connection;
  if (connection.failure === undefined) channel.send(describeFailure(error, session.replica));
  connection.failure ??= error;
  void channel.flushed().then(() => channel.close(1011, 'worker failed'));
}

function endWhenSilent({ channel, lastHeardMs, heartbeatMs }: Connection): void {
  if (performance.now() - lastHeardMs > SILENT_AFTER_HEARTBEATS * heartbeatMs) channel.terminate();
}

/** Throws what made the worker give up, and PretextError REFUSED where the coordinator will not have it back. */
function isOver({ session: { options: { signal, log } }, failure }: Connection, { code, reason }: End): boolean {
  if (failure !== undefined) throw failure as Error;
  if (signal.aborted || code === CLOSE.finished) return true;
  if (FINAL_CLOSE_CODES.has(code)) throw new PretextError('REFUSED', reason || `The coordinator closed the connection (${code}).`);
  if (code === CLOSE.nextStage) log.info({ reason }, 'stage is complete');
  else log.warn({ code, reason }, 'connection lost');
  return false;
}

function sendHello({ channel, session: { options, backend, id, runId, stage, replica } }: Connection): void {
  channel.send({
    type: 'hello',
    protocol: 1,
    name: options.name ?? `${hostname()}-${process.pid}`,
    ...dropUndefined({ session: id, runId, stage, step: replica.step }),
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
