// Workers that send what they may not send. Each is put out with a reason and named in the log; digest and journal are as without it.

import test, { type ExecutionContext } from 'ava';
import type { WebSocket } from 'ws';
import type { Trial } from '../../coordinator/replicas/second-opinion.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import { comeActive, comeGreeted, comeSilent, countsOf, type CrookedWorker, type Leased } from '../helpers/crooked-worker.js';
import { LAYOUT, LENGTH, referenceRun, startFakeWorker, startSite, startSlowWorker, type Reference, type Site } from '../helpers/fake-site.js';

/** A run with an honest worker in it, which has time for what else comes. */
async function startHonest(t: ExecutionContext, trial?: Trial): Promise<Site> {
  const site = await startSite(t, trial && { trial });
  await startSlowWorker(site.url, 'honest');
  while (site.controller.committed < 1) await new Promise((resolve) => setTimeout(resolve, 2));
  return site;
}

async function expectUnharmed(t: ExecutionContext, site: Site, expected: Reference): Promise<void> {
  t.is((await site.finish()).digest, expected.digest);
  t.deepEqual(site.commits(), expected.commits);
  t.false(site.events.some((event) => event.type === 'workerLeft' && event.worker === 'honest'));
}

async function expectPutOut(t: ExecutionContext, site: Site, worker: CrookedWorker, name = 'crooked'): Promise<void> {
  const { code, reason } = await worker.closed;
  t.is(code, CLOSE.badMessage, reason);
  t.true(reason.length > 5 && Buffer.byteLength(reason) <= 123, reason);
  t.true(site.logged.some((line) => line.includes('put out') && line.includes(`"worker":"${name}"`)), site.logged.join(''));
}

const digest = 'a'.repeat(64);
const phases = { dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 };
const computedOf = (fields: object) => ({ type: 'computed', step: 2, microbatch: 0, weights: { samples: 2, main: 2 }, terms: {}, metrics: {}, unusable: [], ms: 1, ...fields });

/** So many at a time as ws answers: of more it hangs up itself. */
async function floodPings(socket: WebSocket): Promise<void> {
  for (let i = 0; i < 3000 && socket.readyState === socket.OPEN; i++) {
    socket.ping();
    if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What a worker that was only greeted says. */
const GREETED: Record<string, (worker: CrookedWorker) => void> = {
  'says hello again': (worker) => worker.hello('crooked'),
  'gives a reason of many bytes to refuse it': (worker) => worker.say(computedOf({ weights: { [`${'😀'.repeat(49)}a`]: 'no number' } })),
  'sends nothing that can be read': (worker) => worker.socket.send(Buffer.from([0xc1, 0xff])),
  'sends counts': (worker) => worker.say(computedOf({})),
  'sends a sum': (worker) => worker.say({ type: 'partial', step: 1, level: 0, index: 0, offset: 0, total: LENGTH }, new Float32Array(1024)),
  'says that it has a state': (worker) => worker.say({ type: 'synced', step: 0 }),
  'says that it has applied a step': (worker) => worker.say({ type: 'applied', step: 1, phases }),
  'sends a digest': (worker) => worker.say({ type: 'applied', step: 3, phases, digest }),
  'sends a state that nobody asked for': (worker) => worker.say({ type: 'snapshot', id: 1, step: 1, offset: 0, total: LENGTH }, new Float32Array(1024)),
  'ends the run': (worker) => worker.say({ type: 'failed', code: 'NON_FINITE', message: 'so it is', step: 2, microbatch: 0, final: true }),
  'floods the log': (worker) => { for (let i = 0; i < 3000; i++) worker.say({ type: 'log', records: ['{"level":30,"msg":"x"}'], dropped: 0 }); },
  'floods it with pings': (worker) => void floodPings(worker.socket),
  'leaves without end': (worker) => { for (let i = 0; i < 3000; i++) worker.say({ type: 'leaving', reason: 'x' }); },
};

/** What a worker that is in step says. */
const ACTIVE: Record<string, (worker: Leased) => void> = {
  'is ready again': (worker) => worker.say({ type: 'ready', layout: LAYOUT }),
  'has its state again': (worker) => worker.say({ type: 'synced', step: 1 }),
  'sends counts of what it was not leased': (worker) => worker.say({ ...countsOf(worker.lease), microbatch: 77 }),
  'sends counts of a step far ahead': (worker) => worker.say({ ...countsOf(worker.lease), step: 11 }),
  'sends a sum that it did not count': (worker) => worker.sum(worker.lease.step, [0, worker.lease.microbatches[0]!.index], 1),
  'sends the sum of a level that no run has': (worker) => worker.sum(worker.lease.step, [30, 0], 1),
  'sends a sum of another length': (worker) => worker.say({ type: 'partial', step: worker.lease.step, level: 0, index: 0, offset: 0, total: 7 }, new Float32Array(7)),
  'has applied a step that is not committed': (worker) => worker.say({ type: 'applied', step: 12, phases }),
  'sends a digest that is not due': (worker) => worker.say({ type: 'applied', step: 2, phases, digest }),
  'sends a state that nobody asked for': (worker) => worker.say({ type: 'snapshot', id: 1, step: 1, offset: 0, total: LENGTH }, new Float32Array(1024)),
  'says the hash of a state that nobody wanted': (worker) => worker.say({ type: 'digest', id: 1, step: 1, sha256: '0'.repeat(64) }),
  'ends the run by another reason': (worker) => worker.say({ type: 'failed', code: 'DISK_FULL', message: 'so it is', step: worker.lease.step, microbatch: worker.lease.microbatches[0]!.index, final: true }),
  'ends the run by a microbatch of another': (worker) => worker.say({ type: 'failed', code: 'NON_FINITE', message: 'so it is', step: worker.lease.step, microbatch: 99, final: true }),
};

for (const [what, misbehave] of Object.entries(GREETED)) {
  test(`a worker that was greeted and ${what} is put out, and costs nobody else anything`, async (t) => {
    t.timeout(60_000);
    const [expected, site] = [await referenceRun(t), await startHonest(t)];
    const worker = await comeGreeted(site.url, 'crooked');
    misbehave(worker);
    await expectPutOut(t, site, worker);
    await expectUnharmed(t, site, expected);
  });
}

for (const [what, misbehave] of Object.entries(ACTIVE)) {
  test(`a worker in step that ${what} is put out, and costs nobody else anything`, async (t) => {
    t.timeout(60_000);
    const [expected, site] = [await referenceRun(t), await startHonest(t)];
    const worker = await comeActive(site.url, 'crooked');
    misbehave(worker);
    await expectPutOut(t, site, worker);
    await expectUnharmed(t, site, expected);
  });
}

test('a worker in step that sends counts again is put out, and costs nobody else anything', async (t) => {
  t.timeout(60_000);
  const [expected, site] = [await referenceRun(t), await startHonest(t)];
  const worker = await comeInTurn(site);
  for (let i = 0; i < 2; i++) worker.say(countsOf(worker.lease));
  await expectPutOut(t, site, worker);
  await expectUnharmed(t, site, expected);
});

/** Counts of the microbatch that it was leased, of the step in progress, that are out of bounds. */
const COUNTS: Record<string, object> = {
  'of a weight without bounds': { weights: { samples: 2, main: 1e308 } },
  'with a metric named constructor': { metrics: { constructor: { sum: 1, weight: 1 } } },
  'with a hundred thousand unusable samples': { unusable: Array.from({ length: 30_000 }, (_, i) => ({ position: i, item: 0, path: '', code: 'X', reason: '' })) },
  'with samples of others': { unusable: [{ position: 1, item: 0, path: '0.png', code: 'X', reason: '' }] },
};

/** Waits for a lease of the step in progress: counts of a later one are refused for that alone. */
async function comeInTurn(site: Site): Promise<Leased> {
  const worker = await comeActive(site.url, 'crooked');
  for (;;) {
    const lease = worker.heard.find((message) => message.type === 'lease' && message.step === site.controller.committed + 1);
    if (lease) return Object.assign(worker, { lease: lease as Leased['lease'] });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

for (const [what, fields] of Object.entries(COUNTS)) {
  test(`a worker that sends counts ${what} is put out, and costs nobody else anything`, async (t) => {
    t.timeout(60_000);
    const [expected, site] = [await referenceRun(t), await startHonest(t)];
    const worker = await comeInTurn(site);
    worker.say({ ...countsOf(worker.lease), ...fields });
    await expectPutOut(t, site, worker);
    await expectUnharmed(t, site, expected);
  });
}

test('a worker that sends sums that are not finite is let go with the step, and its counts are forgotten with it', async (t) => {
  t.timeout(60_000);
  const [expected, site] = [await referenceRun(t), await startHonest(t)];
  const worker = await comeInTurn(site);
  worker.say({ ...countsOf(worker.lease), weights: { samples: 1, main: 1 }, terms: { loss: { sum: 99, weight: 1 } } });
  worker.sum(worker.lease.step, [0, worker.lease.microbatches[0]!.index], NaN);
  t.is((await worker.closed).code, CLOSE.failed);
  await expectUnharmed(t, site, expected);
});

test('a worker that says that a result is not finite, and is alone in that, is let go with the step', async (t) => {
  t.timeout(60_000);
  const [expected, site] = [await referenceRun(t), await startHonest(t)];
  const worker = await comeInTurn(site);
  const { step, microbatches } = worker.lease;
  worker.say({ type: 'failed', code: 'NON_FINITE', message: 'so it is', step, microbatch: microbatches[0]!.index, final: true });
  t.is((await worker.closed).code, CLOSE.failed);
  await expectUnharmed(t, site, expected);
});

/** Says that it cannot use the first sample of its lease, and sends the sum with it. */
function sayUnusable(worker: Leased, value: number): void {
  const { step, microbatches: [{ index, samples: [sample] }] } = worker.lease as unknown as { step: number; microbatches: [{ index: number; samples: [{ position: number; item: number; path: string }] }] };
  const { position, item, path } = sample;
  worker.say({ ...countsOf(worker.lease), weights: { samples: 1, main: 1 }, unusable: [{ position, item, path, code: 'DECODE_FAILED', reason: 'it is torn' }] });
  worker.sum(step, [0, index], value);
}

const trialOf = (verdict: 'usable' | 'unusable'): Trial => ({
  try: () => new Promise((resolve) => setTimeout(() => resolve(verdict), 30)),
  dispose: () => Promise.resolve(),
});

test('a worker that cannot use a sample which the coordinator can is let go, and nothing of it counts', async (t) => {
  t.timeout(60_000);
  const [expected, site] = [await referenceRun(t), await startHonest(t, trialOf('usable'))];
  const worker = await comeInTurn(site);
  sayUnusable(worker, 7);
  t.is((await worker.closed).code, CLOSE.restarting);
  await expectUnharmed(t, site, expected);
  t.false(site.events.some(({ type }) => type === 'sampleQuarantined'));
});

test('a sample that the coordinator cannot use either is quarantined, and what came after it in the meantime counts', async (t) => {
  t.timeout(60_000);
  const site = await startHonest(t, trialOf('unusable'));
  const worker = await comeInTurn(site);
  const { step } = worker.lease;
  sayUnusable(worker, 0.5);
  while (site.controller.committed < step) await new Promise((resolve) => setTimeout(resolve, 2));
  t.true(site.events.some((event) => event.type === 'samplesSummed' && event.worker === 'crooked'));
  t.like(site.events.find(({ type }) => type === 'sampleQuarantined'), { step, code: 'DECODE_FAILED' });
  worker.socket.terminate();
  await site.finish();
});

test('a worker of another model is refused though it is the first to be ready, and the next is taken', async (t) => {
  const expected = await referenceRun(t);
  const site = await startSite(t);
  const worker = await comeGreeted(site.url, 'crooked');
  worker.say({ type: 'ready', layout: { ...LAYOUT, entries: [{ ...LAYOUT.entries[0]!, shape: [LENGTH / 2, 2] }] } });
  t.is((await worker.closed).code, CLOSE.refused);
  await startFakeWorker(site.url, 'honest');
  await expectUnharmed(t, site, expected);
});

test('a worker of another version is turned away with both versions', async (t) => {
  const expected = await referenceRun(t);
  const site = await startSite(t);
  const worker = await comeSilent(site.url);
  worker.hello('elsewhere', '99.1.0');
  const { code, reason } = await worker.closed;
  t.is(code, CLOSE.refused);
  t.regex(reason, /Pretext 99\.1\.0, the coordinator is \d+\.\d+\.\d+/);
  await startFakeWorker(site.url, 'honest');
  await expectUnharmed(t, site, expected);
});

test('a worker that does not say its version is turned away with the coordinator\'s', async (t) => {
  const site = await startSite(t);
  const worker = await comeSilent(site.url);
  worker.say({ type: 'hello', protocol: 1, name: 'old', backend: 'fake', host: 'test', pid: 1 });
  const { code, reason } = await worker.closed;
  t.is(code, CLOSE.refused);
  t.regex(reason, /^This worker does not say which Pretext it is, the coordinator is \d+\.\d+\.\d+\. Use one version everywhere\.$/);
});

test('whoever begins with something else than hello is put out by its address', async (t) => {
  const [expected, site] = [await referenceRun(t), await startHonest(t)];
  const worker = await comeSilent(site.url);
  worker.say({ type: 'leaving', reason: 'x' });
  await expectPutOut(t, site, worker, '127.0.0.1');
  await expectUnharmed(t, site, expected);
});

for (const name of ['line\u0085feed', 'escape\u001b[2J', 'turned\u202e', 'two\u2028lines']) {
  test(`a name with ${JSON.stringify(name)} in it is refused`, async (t) => {
    const site = await startSite(t);
    const worker = await comeSilent(site.url);
    worker.hello(name);
    t.is((await worker.closed).code, CLOSE.badMessage);
  });
}
