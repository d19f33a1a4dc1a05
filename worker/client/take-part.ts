// A worker's part in a run over one connection: hello, welcome, the step loop, and how it ends. Leaves out connecting (main.ts)
// and the steps themselves (step-loop.ts).

import { hostname } from 'node:os';
import type { WebSocket } from 'ws';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { createChannel, type Channel } from '../../shared/protocol/channel.js';
import { CLOSE, FINAL_CLOSE_CODES } from '../../shared/protocol/close-codes.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker, type Message } from '../../shared/protocol/messages.js';
import { VERSION } from '../../shared/version.js';
import { checkLease } from './check-lease.js';
import { judgeWait } from './judge-wait.js';
import type { WorkEnd } from './options.js';
import { prepareSession, type Session } from './session.js';
import { createStepLoop, type LoopMessage, type Replica, type StepLoop } from './step-loop.js';

const LOOK_EVERY_MS = 500;
/** A worker that leaves and that the coordinator has let go finishes what it has in hand in this time, or not at all. */
const DRAIN_MS = 4000;
/** One that is not let go may be the last that has the state: so long it waits for being asked for it. */
const HANDOVER_MS = 25_000;
/** A connection that is closed and does not answer by then is cut off. */
const GOODBYE_MS = 2000;
/** What was to be sent before may take this long. */
const FLUSH_MS = 30_000;

/** How a connection ended. */
interface End {
  readonly code: number;
  readonly reason: string;
}

interface Connection {
  readonly session: Session;
  readonly channel: Channel<FromWorker>;
  readonly ended: Promise<End>;
  readonly openedMs: number;
  /** When the coordinator was last heard, and how often it should be. */
  lastHeardMs: number;
  heartbeatMs: number;
  /** The coordinator has said what the run is. */
  isWelcome: boolean;
  /** Since when an average is waited for that was promised, or when the last part of it came. */
  starvedMs: number | undefined;
  /** Undefined until the coordinator has said what the run is. */
  loop: StepLoop | undefined;
  /** An operator has told it to leave. */
  isDrained: boolean;
  /** What is in hand is left as it is. */
  isCutOff: boolean;
  /** What made the worker give up. */
  failure: unknown;
}

/** Takes part over one connection. Resolves with how the work ended, or with undefined when the worker should connect again. */
export async function takePart(socket: WebSocket, session: Session): Promise<WorkEnd | undefined> {
  const { signal, onConnection } = session.options;
  const connection = openConnection(socket, session);
  const watch = setInterval(() => lookAtWait(connection), LOOK_EVERY_MS);
  const onAbort = (): void => {
    if (!connection.isDrained) drain(connection, 'told to stop');
  };
  signal.addEventListener('abort', onAbort);
  sendHello(connection);
  const end = await connection.ended;
  clearInterval(watch);
  signal.removeEventListener('abort', onAbort);
  onConnection?.(undefined);
  connection.loop?.close();
  const done = connection.loop?.done.catch((error: unknown) => giveUp(connection, error));
  if (!connection.isCutOff) await done;
  return endOf(connection, end);
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
    onInvalid: (reason) => refuse(connection, reason),
    onMessage: (message, payload) => {
      if (message.type === 'drain') return drainForOperator(connection);
      if (message.type !== 'welcome') return take(connection, message, payload);
      if (connection.isWelcome) throw new Error('"welcome" came a second time');
      connection.isWelcome = true;
      ({ chunkBytes } = message);
      welcome(connection, message).catch((error: unknown) => giveUp(connection, error));
    },
  });
  const nowMs = performance.now();
  const connection: Connection = {
    session, channel, ended, openedMs: nowMs, lastHeardMs: nowMs, heartbeatMs: 1000, isWelcome: false, starvedMs: undefined, loop: undefined, isDrained: false, isCutOff: false, failure: undefined,
  };
  return connection;
}

/** Throws on what no coordinator sends. Before the loop runs nothing counts. */
function take(connection: Connection, message: LoopMessage, payload: Float32Array): void {
  const { loop, session: { built } } = connection;
  if (!loop) return;
  if (message.type === 'lease') checkLease(message, built!.leases);
  if (message.type === 'average') connection.starvedMs = undefined;
  loop.handle(message, payload);
}

/** Ends the connection for what the coordinator did: another try would not cure it. */
function refuse(connection: Connection, reason: string): void {
  const { channel, session: { options: { join } } } = connection;
  connection.failure ??= new PretextError('REFUSED', `${join.origin} sent what no coordinator sends: ${reason}.`, { hint: 'Is it of the same version of Pretext?' });
  channel.close(CLOSE.badMessage, reason);
  terminateAfter(channel, GOODBYE_MS);
}

/** For a coordinator that neither reads nor hangs up. */
function terminateAfter(channel: Channel<FromWorker>, ms: number): void {
  setTimeout(() => channel.terminate(), ms).unref();
}

async function welcome(connection: Connection, message: Message<'welcome'>): Promise<void> {
  const { session, channel } = connection;
  const { onConnection } = session.options;
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
  if (isToLeave(connection)) drain(connection, 'told to stop');
}

function startLoop(connection: Connection): void {
  const { session: { options, compute, replica, built, data }, channel } = connection;
  const { stateLength, layout: { gradientLength }, leases: { microbatches }, recipe: { exchange: { lookaheadSteps } } } = built!;
  const prefetch = microbatches * Math.min(2, lookaheadSteps + 1);
  const prepare = data!.prepare;
  connection.loop = createStepLoop({ ...options, channel, compute, replica, prepare, microbatches, prefetch, gradientLength, stateLength, lookaheadSteps });
  connection.loop.done.catch((error: unknown) => giveUp(connection, error));
}

const isToLeave = ({ session: { options: { signal } }, isDrained }: Connection): boolean => signal.aborted || isDrained;

function drainForOperator(connection: Connection): void {
  if (isToLeave(connection)) return;
  connection.isDrained = true;
  connection.session.options.log.info('an operator has told this worker to leave');
  drain(connection, 'told to leave by an operator');
}

/** Finishes the microbatch in hand, sends it, and leaves when the coordinator says so. */
function drain(connection: Connection, reason: string): void {
  const { channel, loop, session } = connection;
  channel.send({ type: 'leaving', reason });
  loop?.drain();
  setTimeout(() => { if (loop?.isReleased === true || session.replica.step === undefined) cutOff(connection); }, DRAIN_MS).unref();
  setTimeout(() => loop?.close(), HANDOVER_MS).unref();
  setTimeout(() => cutOff(connection), HANDOVER_MS + FLUSH_MS).unref();
  void (loop?.done ?? Promise.resolve())
    .then(() => channel.flushed())
    .then(() => channel.close(1000, 'left'))
    .catch((error: unknown) => giveUp(connection, error));
}

/** Others compute it again. */
function cutOff(connection: Connection): void {
  const { channel, session: { options: { log } } } = connection;
  if (channel.isOpen) log.warn('left before what was in hand could be handed in');
  connection.isCutOff = true;
  channel.terminate();
}

function giveUp(connection: Connection, error: unknown): void {
  const { channel, session } = connection;
  if (connection.failure === undefined) channel.send(describeFailure(error, session.replica));
  connection.failure ??= error;
  void channel.flushed().then(() => channel.close(1011, 'worker failed'));
  terminateAfter(channel, FLUSH_MS);
}

function lookAtWait(connection: Connection): void {
  const { channel, heartbeatMs, isWelcome, lastHeardMs, loop, openedMs } = connection;
  const nowMs = performance.now();
  connection.starvedMs = loop?.isStarved ? connection.starvedMs ?? nowMs : undefined;
  const { starvedMs } = connection;
  const judgement = judgeWait({
    heartbeatMs, silentMs: nowMs - lastHeardMs,
    greetingMs: isWelcome ? undefined : nowMs - openedMs, starvedMs: starvedMs && nowMs - starvedMs,
  });
  if (judgement?.type === 'silent') channel.terminate();
  // Whoever has given up waits for the other side to hang up, and says no more.
  if (judgement?.type === 'hopeless' && connection.failure === undefined) refuse(connection, judgement.reason);
}

/** Throws what made the worker give up, and PretextError REFUSED where the coordinator will not have it back. */
function endOf(connection: Connection, { code, reason }: End): WorkEnd | undefined {
  const { failure, session: { options: { log } } } = connection;
  if (failure !== undefined) throw failure as Error;
  if (code === CLOSE.finished) return 'finished';
  if (isToLeave(connection)) return 'left';
  if (FINAL_CLOSE_CODES.has(code)) throw new PretextError('REFUSED', reason || `The coordinator closed the connection (${code}).`);
  if (code === CLOSE.nextStage) log.info({ reason }, 'stage is complete');
  else log.warn({ code, reason }, 'connection lost');
  return undefined;
}

function sendHello({ channel, session: { options, backend, id, runId, stage, replica } }: Connection): void {
  channel.send({
    type: 'hello',
    protocol: 1,
    version: VERSION,
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
