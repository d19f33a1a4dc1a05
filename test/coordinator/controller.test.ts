// Faults at every step of the protocol: workers over real sockets, with arithmetic that takes no time, that vanish just before or
// just after a message of a given kind. The run must end, with the bits of an undisturbed one.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import test, { type ExecutionContext } from 'ava';
import { createController, type Controller, type RunOutcome } from '../../coordinator/controller.js';
import type { JournalEntry } from '../../coordinator/journal/entries.js';
import { openJournal } from '../../coordinator/journal/journal.js';
import { journalOfStage } from '../../coordinator/journal/stage-journal.js';
import { verifyJournal } from '../../coordinator/journal/verify.js';
import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import type { StageEvent } from '../../coordinator/run/events.js';
import { startServer } from '../../coordinator/server/server.js';
import { createChannel, type Channel } from '../../shared/protocol/channel.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import { fromCoordinatorSchema, type FromCoordinator, type FromWorker } from '../../shared/protocol/messages.js';
import { createRandom } from '../../shared/random/random.js';
import { digestOf } from '../../shared/tensors/digest.js';
import { connect } from '../../worker/client/connect.js';
import { createStepLoop, type Replica, type StepLoop } from '../../worker/client/step-loop.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { ComputeCalls, CallName } from '../../worker/compute/protocol.js';

const LENGTH = 3000;
const STEPS = 12;
const MICROBATCHES = 6;
const CHUNK_BYTES = 4096;
const log = pino({ level: 'silent' });

const items = Array.from({ length: 5 }, (_, index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: MICROBATCHES, microbatchSize: 2, clipsPerVideo: 1 });

/** A replica whose gradient depends on its state, so that a wrong state or sum shows in all later bits. */
function createFakeCompute(spoil: (step: number) => boolean = () => false, msOf: (name: CallName) => number = () => 0): ComputeClient {
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
interface Fault {
  readonly type: FromWorker['type'];
  readonly at: 'before' | 'after' | 'within';
  readonly nth: number;
}

interface FakeWorker {
  readonly gone: Promise<void>;
}

async function startFakeWorker(url: string, name: string, fault?: Fault, kept?: { replica: Replica; compute: ComputeClient; runId: string }, made?: ComputeClient): Promise<FakeWorker> {
  const socket = await connect(new URL(url), undefined);
  const compute = kept?.compute ?? made ?? createFakeCompute();
  const replica = kept?.replica ?? { step: undefined };
  let loop: StepLoop | undefined;
  let count = 0;
  let leave!: () => void;
  const gone = new Promise<void>((resolve) => { leave = resolve; });
  const inner: Channel<FromWorker> = createChannel<FromCoordinator, FromWorker>(socket, {
    schema: fromCoordinatorSchema, chunkBytes: () => CHUNK_BYTES,
    onMessage(message, payload) {
      if (message.type !== 'welcome') return loop?.handle(message, payload);
      loop = createStepLoop({
        channel, compute, replica, microbatches: MICROBATCHES, prefetch: 8, gradientLength: LENGTH, stateLength: LENGTH, log,
        prepare: () => Promise.resolve({ arrays: {}, weights: new Float32Array(2), unusable: [], samples: [], release() {} }),
      });
      loop.done.catch(() => {});
      channel.send({ type: 'ready', layout: { entries: [{ name: 'flat', shape: [LENGTH], kind: 'trained', slots: [] }], gradientLength: LENGTH } });
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
  channel.send({ type: 'hello', protocol: 1, name, backend: 'fake', host: 'test', pid: 1, ...(replica.step === undefined || !kept ? {} : { step: replica.step, stage: 1, runId: kept.runId }) });
  return { gone };
}

interface Site {
  readonly url: string;
  readonly controller: Controller;
  readonly events: readonly StageEvent[];
  finish(): Promise<RunOutcome>;
  rollbacks(): number;
}

interface SiteOptions {
  /** Nobody is let in before so many have come. */
  readonly minWorkers?: number;
  /** Added to what the journal takes for an entry. */
  readonly journalMs?: number;
  readonly now?: () => number;
}

async function startSite(t: ExecutionContext, { minWorkers = 1, journalMs = 0, now = () => performance.now() }: SiteOptions = {}): Promise<Site> {
  const arrivals: (() => void)[] = [];
  let numArrived = 0;
  const folder = await mkdtemp(join(tmpdir(), 'pretext-controller-'));
  const file = await openJournal(join(folder, 'journal.ndjson'));
  const journal = journalOfStage({ ...file, append: (entry: JournalEntry) => new Promise((resolve) => setTimeout(resolve, journalMs)).then(() => file.append(entry)) }, 1);
  const events: StageEvent[] = [];
  const controller = createController({
    runId: 'test', stage: 1, hasInit: false, recipe: {}, steps: STEPS, microbatches: MICROBATCHES, lookaheadSteps: 2, chunkBytes: CHUNK_BYTES,
    checkpointEverySteps: 4, checkpointKeep: 2, digestEverySteps: 3, plan, journal, checkpoints: join(folder, 'checkpoints'), metadata: {},
    log, now, graceMs: 150, heartbeatMs: 200, emit: (event) => events.push(event),
  });
  const server = await startServer({
    host: '127.0.0.1', port: 0, insecure: false, chunkBytes: CHUNK_BYTES,
    routes: [{
      method: 'GET', path: '/join', role: 'worker',
      upgrade(socket, address) {
        arrivals.push(() => controller.addSocket(socket, address));
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
    controller,
    events,
    rollbacks: () => journal.entries.filter(({ type }) => type === 'rollback').length,
    async finish() {
      const outcome = await controller.finished;
      t.true(verifyJournal(journal.entries, plan, STEPS, MICROBATCHES).isProved);
      return outcome;
    },
  };
}

async function referenceDigest(t: ExecutionContext): Promise<string> {
  const site = await startSite(t);
  await startFakeWorker(site.url, 'alone');
  return (await site.finish()).digest;
}

const TYPES = ['hello', 'ready', 'synced', 'computed', 'partial', 'applied', 'snapshot'] as const;
const FAULTS: Fault[] = TYPES.flatMap((type) => {
  const isBulk = type === 'partial' || type === 'snapshot';
  const isOnce = type === 'hello' || type === 'ready' || type === 'synced' || type === 'snapshot';
  return (isBulk ? ['before', 'within', 'after'] as const : ['before', 'after'] as const)
    .flatMap((at) => (isOnce ? [1] : [1, 5]).map((nth): Fault => ({ type, at, nth })));
});

for (const fault of FAULTS) {
  const what = `${fault.at} its ${fault.nth === 1 ? 'first' : 'fifth'} "${fault.type}"`;
  test(`a worker that vanishes ${what} changes nothing, beside another and alone`, async (t) => {
    t.timeout(60_000);
    const expected = await referenceDigest(t);
    const beside = await startSite(t);
    await Promise.all([startFakeWorker(beside.url, 'victim', fault), startFakeWorker(beside.url, 'other')]);
    t.is((await beside.finish()).digest, expected);

    const alone = await startSite(t);
    const victim = await startFakeWorker(alone.url, 'victim', fault);
    await Promise.race([victim.gone, alone.controller.finished]);
    await startFakeWorker(alone.url, 'next').catch(() => {});
    t.is((await alone.finish()).digest, expected);
  });
}

test('a worker whose state is still on the way when the last one in step leaves comes again, and goes on from there', async (t) => {
  const expected = await referenceDigest(t);
  const site = await startSite(t, { minWorkers: 2 });
  // Longer in the loading than the grace that the run gives to those who were in step.
  const slow = createFakeCompute(undefined, (name) => (name === 'load' ? 400 : 0));
  const [victim] = await Promise.all([
    startFakeWorker(site.url, 'victim', { type: 'partial', at: 'after', nth: 3 }), startFakeWorker(site.url, 'loading', undefined, undefined, slow),
  ]);
  await victim.gone;
  t.is((await site.finish()).digest, expected);
});

test('a commit that the disk is still taking when everybody has left is settled before the run goes on', async (t) => {
  const expected = await referenceDigest(t);
  const site = await startSite(t, { journalMs: 100 });
  const victim = await startFakeWorker(site.url, 'victim', { type: 'partial', at: 'after', nth: 1 });
  await victim.gone;
  await startFakeWorker(site.url, 'next');
  t.is((await site.finish()).digest, expected);
});

test('a worker that comes back with its state goes on where it was, without a rollback', async (t) => {
  const expected = await referenceDigest(t);
  const site = await startSite(t);
  const compute = createFakeCompute();
  const replica: Replica = { step: undefined };
  const first = await startFakeWorker(site.url, 'flapping', { type: 'applied', at: 'after', nth: 5 }, { replica, compute, runId: 'test' });
  await first.gone;
  t.is(replica.step, 5);
  await startFakeWorker(site.url, 'flapping', undefined, { replica, compute, runId: 'test' });
  t.is((await site.finish()).digest, expected);
  t.is(site.rollbacks(), 0);
});

test('a worker that comes while another is still loading the checkpoint gets its state from that one, and takes part', async (t) => {
  const expected = await referenceDigest(t);
  const site = await startSite(t);
  const first = await startFakeWorker(site.url, 'first', { type: 'applied', at: 'after', nth: 6 });
  await first.gone;
  const slow = () => ({ replica: { step: undefined } as Replica, compute: createFakeCompute(undefined, () => 150), runId: 'test' });
  await startFakeWorker(site.url, 'loading', undefined, slow());
  while (![...site.controller.peers].some(({ phase }) => phase === 'syncing')) await new Promise((resolve) => setTimeout(resolve, 5));
  await startFakeWorker(site.url, 'second', undefined, slow());
  t.is((await site.finish()).digest, expected);
  for (const name of ['loading', 'second']) t.true(site.events.some((event) => event.type === 'samplesSummed' && event.worker === name), name);
});

test('a coordinator that slept does not blame its workers for the silence', async (t) => {
  let sleptMs = 0;
  const site = await startSite(t, { now: () => performance.now() + sleptMs });
  await startFakeWorker(site.url, 'patient', undefined, undefined, createFakeCompute(undefined, () => 10));
  while (site.controller.committed < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  sleptMs = 60_000;
  await site.finish();
  t.false(site.events.some(({ type }) => type === 'workerLeft'));
});

test('a replica that differs from the others is told to forget its state, and gets theirs', async (t) => {
  const site = await startSite(t, { minWorkers: 3 });
  // Slow enough for all three to be in step long before the sixth, where one goes wrong.
  const slow = (spoil?: (step: number) => boolean) => ({ replica: { step: undefined } as Replica, compute: createFakeCompute(spoil, () => 10), runId: 'test' });
  const drifting = slow((step) => step === 6);
  const [, , worker] = await Promise.all([
    startFakeWorker(site.url, 'a', undefined, slow()), startFakeWorker(site.url, 'b', undefined, slow()), startFakeWorker(site.url, 'drifting', undefined, drifting),
  ]);
  await worker.gone;
  t.is(drifting.replica.step, undefined);
  t.true(site.events.some((event) => event.type === 'replicaDiffers' && event.worker === 'drifting' && event.step === 6));
  await site.finish();
});

test('a storm of workers that vanish anywhere ends with the same bits', async (t) => {
  t.timeout(60_000);
  const expected = await referenceDigest(t);
  for (let seed = 0; seed < 5; seed++) {
    const site = await startSite(t);
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'storm' });
    let isOver = false;
    void site.controller.finished.finally(() => { isOver = true; });
    for (let born = 0; born < 25 && !isOver; born++) {
      const fault = FAULTS[random.int(FAULTS.length)]!;
      await startFakeWorker(site.url, `w${born}`, { ...fault, nth: 1 + random.int(8) }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, random.int(30)));
    }
    if (!isOver) await startFakeWorker(site.url, 'last').catch(() => {});
    t.is((await site.finish()).digest, expected, `seed ${seed}`);
  }
});
