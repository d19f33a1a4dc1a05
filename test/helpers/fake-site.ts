// A coordinator over real sockets, and workers with arithmetic that takes no time, that vanish where a test wants them to.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ExecutionContext } from 'ava';
import { createController, type Controller, type RunOutcome } from '../../coordinator/controller.js';
import type { JournalEntry, StageEntry } from '../../coordinator/journal/entries.js';
import { openJournal } from '../../coordinator/journal/journal.js';
import { journalOfStage } from '../../coordinator/journal/stage-journal.js';
import { verifyJournal } from '../../coordinator/journal/verify.js';
import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import type { Trial } from '../../coordinator/replicas/second-opinion.js';
import type { StageEvent } from '../../coordinator/run/events.js';
import { startServer } from '../../coordinator/server/server.js';
import { createChannel, type Channel } from '../../shared/protocol/channel.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker, type WireLayout } from '../../shared/protocol/messages.js';
import { createRandom } from '../../shared/random/random.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { VERSION } from '../../shared/version.js';
import { connect } from '../../worker/client/connect.js';
import { createStepLoop, type Replica, type StepLoop } from '../../worker/client/step-loop.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { ComputeCalls, CallName } from '../../worker/compute/protocol.js';
import { createSteadyClock } from './steady-clock.js';

export const LENGTH = 3000;
const STEPS = 12;
const MICROBATCHES = 6;
export const CHUNK_BYTES = 4096;
const log = pino({ level: 'silent' });
export const LAYOUT: WireLayout = { entries: [{ name: 'flat', shape: [LENGTH], kind: 'trained', slots: [] }], gradientLength: LENGTH };

const items = Array.from({ length: 5 }, (_, index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: MICROBATCHES, microbatchSize: 2, clipsPerVideo: 1 });

/** A replica whose gradient depends on its state, so that a wrong state or sum shows in all later bits. */
export function createFakeCompute(spoil: (step: number) => boolean = () => false, msOf: (name: CallName) => number = () => 0): ComputeClient {
  let state = new Float32Array(LENGTH);
  const calls: { [Name in CallName]: (parameters: ComputeCalls[Name]['parameters']) => unknown } = {
    start: () => ({ kind: 'fake' }),
    build: () => undefined,
    load: (parameters) => { state = parameters.state?.slice() ?? new Float32Array(LENGTH).fill(1); },
    gradient({ input: { step, microbatch }, gradient }) {
      const random = createRandom({ seed: 9, epoch: step, sample: microbatch, purpose: 'gradient' });
      for (let i = 0; i < LENGTH; i++) gradient[i] = random.uniform(-1, 1) + 0.1 * state[i]!;
      return { weights: { samples: 2, main: 2 }, terms: { loss: { sum: 1, weight: 2 } }, metrics: {}, isFinite: true };
    },
    update({ step, gradientSum, weights }) {
      for (let i = 0; i < LENGTH; i++) state[i] = state[i]! - (0.1 * gradientSum[i]!) / weights['main']!;
      if (spoil(step)) state[17] = state[17]! + 1;
    },
    save: (parameters) => { parameters.state.set(state); },
    digest: () => digestOf(state),
  };
  return {
    call: async (name, parameters) => {
      await new Promise((resolve) => setTimeout(resolve, msOf(name)));
      return { result: calls[name](parameters) as never, ms: 1 };
    },
    dispose: () => Promise.resolve(),
  };
}

/** Vanish at the n-th message of a kind: before it is sent, after it, or, for bulk data, after its first chunk. */
export interface Fault {
  readonly type: FromWorker['type'];
  readonly at: 'before' | 'after' | 'within';
  readonly nth: number;
}

export interface FakeWorker {
  readonly gone: Promise<void>;
  /** Leaves as one does that gets SIGTERM. */
  leave(): void;
}

export async function startFakeWorker(url: string, name: string, fault?: Fault, kept?: { replica: Replica; compute: ComputeClient; runId: string }, made?: ComputeClient): Promise<FakeWorker> {
  const socket = await connect({ url: new URL(url) });
  const compute = kept?.compute ?? made ?? createFakeCompute();
  const replica = kept?.replica ?? { step: undefined };
  let loop: StepLoop | undefined;
  let count = 0;
  let leave!: () => void;
  const gone = new Promise<void>((resolve) => { leave = resolve; });
  const inner: Channel<FromWorker> = createChannel<FromCoordinator, FromWorker>(socket, {
    schema: fromCoordinatorSchema, chunkBytes: () => CHUNK_BYTES,
    onMessage(message, payload) {
      if (message.type === 'drain') return leaveNow();
      if (message.type !== 'welcome') return loop?.handle(message, payload);
      loop = createStepLoop({
        channel, compute, replica, microbatches: MICROBATCHES, prefetch: 8, gradientLength: LENGTH, lookaheadSteps: 2, stateLength: LENGTH, log,
        prepare: () => Promise.resolve({ arrays: {}, weights: new Float32Array(2), instances: new Int32Array(2), unusable: [], samples: [], release() {} }),
      });
      loop.done.catch(() => {});
      channel.send({ type: 'ready', layout: LAYOUT });
    },
    onClose(code) {
      loop?.close();
      leave();
      // As a worker does; the fault has come, or comes no more.
      if (code === CLOSE.restarting && !kept) void loop?.done.catch(() => {}).then(() => startFakeWorker(url, name, undefined, { replica, compute, runId: 'test' }));
    },
  });
  const isDue = (type: FromWorker['type']): boolean => fault?.type === type && ++count === fault.nth;
  const channel: Channel<FromWorker> = {
    ...inner,
    get isOpen() { return inner.isOpen; },
    send(message) {
      const due = isDue(message.type);
      if (due && fault!.at === 'before') return inner.terminate();
      inner.send(message);
      // The message must have left before the connection is cut.
      if (due) void inner.flushed().then(() => setImmediate(() => inner.terminate()));
    },
    sendBulk(messageAt, values, range) {
      const due = isDue(messageAt(0, values.length).type);
      if (due && fault!.at === 'before') inner.terminate();
      if (due && fault!.at === 'within') return inner.sendBulk(messageAt, values, { offset: 0, length: CHUNK_BYTES / 4 }).then(() => inner.terminate());
      const sent = inner.sendBulk(messageAt, values, range);
      return due ? sent.then(() => inner.terminate()) : sent;
    },
  };
  channel.send({ type: 'hello', protocol: 1, version: VERSION, name, backend: 'fake', host: 'test', pid: 1, ...(replica.step === undefined || !kept ? {} : { step: replica.step, stage: 1, runId: kept.runId }) });
  function leaveNow(): void {
    channel.send({ type: 'leaving', reason: 'told to stop' });
    loop?.drain();
    void loop?.done.then(() => inner.flushed()).then(() => inner.close(1000, 'left'));
  }
  return { gone, leave: leaveNow };
}

export interface Site {
  readonly url: string;
  readonly folder: string;
  readonly controller: Controller;
  readonly events: readonly StageEvent[];
  /** Warnings and errors of the log, lines of JSON. */
  readonly logged: readonly string[];
  /** What the journal says of every step. */
  commits(): readonly StageEntry[];
  finish(): Promise<RunOutcome>;
  rollbacks(): number;
}

interface SiteOptions {
  readonly audit?: number;
  readonly strict?: boolean;
  /** Nobody is let in before so many have come. */
  readonly minWorkers?: number;
  /** Added to what the journal takes for an entry. */
  readonly journalMs?: number;
  /** Default: a clock that stands still where the process does. */
  readonly now?: () => number;
  /** Tries what workers could not use. */
  readonly trial?: Trial;
  /** Of a site before this one, to go on with; it must have been stopped. */
  readonly folder?: string;
}

/** Whom a site ends with: a test, or a part of one. */
export type SiteScope = Pick<ExecutionContext, 'teardown' | 'true'>;

export async function startSite(t: SiteScope, { minWorkers = 1, journalMs = 0, audit = 0, strict = false, now = createSteadyClock(), ...given }: SiteOptions = {}): Promise<Site> {
  const arrivals: (() => void)[] = [];
  let numArrived = 0;
  const folder = given.folder ?? await mkdtemp(join(tmpdir(), 'pretext-controller-'));
  const file = await openJournal(join(folder, 'journal.ndjson'));
  const journal = journalOfStage({ ...file, append: (entry: JournalEntry) => new Promise((resolve) => setTimeout(resolve, journalMs)).then(() => file.append(entry)) }, 1);
  const events: StageEvent[] = [];
  const logged: string[] = [];
  const siteLog = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const controller = createController({
    runId: 'test', stage: 1, hasInit: false, recipe: {}, layout: LAYOUT, players: new Set(['main']), names: { terms: ['loss'], metrics: [] }, ...(given.trial && { trial: given.trial }), steps: STEPS, microbatches: MICROBATCHES, lookaheadSteps: 2, chunkBytes: CHUNK_BYTES, audit, strict, shutOut: new Set(),
    checkpointEverySteps: 4, checkpointKeep: 2, maxUnusable: 1, digestEverySteps: 3, plan, journal, checkpoints: join(folder, 'checkpoints'), metadata: { run: 'test', stage: '1' },
    log: siteLog, now, graceMs: 150, heartbeatMs: 200, emit: (event) => events.push(event),
  });
  const server = await startServer({
    host: '127.0.0.1', port: 0, insecure: false, chunkBytes: CHUNK_BYTES,
    routes: [{
      method: 'GET', path: '/join', role: 'worker',
      upgrade(socket, address) {
        // What it says before it is let in must not be lost.
        socket.pause();
        arrivals.push(() => {
          controller.addSocket(socket, address);
          socket.resume();
        });
        numArrived += 1;
        if (numArrived >= minWorkers) for (const admit of arrivals.splice(0)) admit();
      },
    }],
  });
  const ticker = setInterval(() => controller.tick(), 20);
  t.teardown(async () => {
    clearInterval(ticker);
    await server.close();
    await file.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url: server.url,
    folder,
    controller,
    events,
    logged,
    commits: () => journal.entries.filter(({ type }) => type === 'commit'),
    rollbacks: () => journal.entries.filter(({ type }) => type === 'rollback').length,
    async finish() {
      const outcome = await controller.finished;
      t.true(verifyJournal(journal.entries, plan, STEPS, MICROBATCHES).isProved);
      return outcome;
    },
  };
}

/** A worker that takes its time, so that others can do something beside it. */
export function startSlowWorker(url: string, name: string, ms = 10): Promise<FakeWorker> {
  return startFakeWorker(url, name, undefined, undefined, createFakeCompute(undefined, (call) => (call === 'gradient' ? ms : 0)));
}

export interface Reference {
  readonly digest: string;
  /** What the journal says of every step. */
  readonly commits: readonly StageEntry[];
}

async function runAlone(t: ExecutionContext): Promise<Reference> {
  const site = await startSite(t);
  await startFakeWorker(site.url, 'alone');
  return { digest: (await site.finish()).digest, commits: site.commits() };
}

let reference: Promise<Reference> | undefined;

/** The run on one undisturbed worker, which is run once in a file of tests. */
export function referenceRun(t: ExecutionContext): Promise<Reference> {
  return (reference ??= runAlone(t));
}
