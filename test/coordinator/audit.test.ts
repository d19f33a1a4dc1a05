// Audits over real sockets: a worker that sends wrong numbers, well formed, is found, named and shut out, and the run's bits are as without it.

import test, { type ExecutionContext } from 'ava';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { ComputeCalls } from '../../worker/compute/protocol.js';
import { createFakeCompute, referenceRun, startFakeWorker, startSite, type Site } from '../helpers/fake-site.js';

/** A worker that flips a bit of its gradients: of those that fulfil a condition, where `count` is that of all it has computed. */
function createFlipping(isFlipped: (at: { readonly step: number; readonly count: number }) => boolean): ComputeClient {
  const inner = createFakeCompute(undefined, (call) => (call === 'gradient' ? 2 : 0));
  let count = 0;
  return {
    ...inner,
    async call(name, parameters) {
      const answer = await inner.call(name, parameters);
      if (name !== 'gradient') return answer;
      const { gradient, input } = parameters as ComputeCalls['gradient']['parameters'];
      count += 1;
      if (isFlipped({ step: input.step, count })) new Uint32Array(gradient.buffer, gradient.byteOffset)[123]! ^= 1 << 3;
      return answer;
    },
  };
}

/** A worker whose gradients are right, and whose loss is not. */
function createMiscounting(): ComputeClient {
  const inner = createFakeCompute(undefined, (call) => (call === 'gradient' ? 2 : 0));
  return {
    ...inner,
    async call(name, parameters) {
      const answer = await inner.call(name, parameters);
      if (name !== 'gradient') return answer;
      const result = answer.result as ComputeCalls['gradient']['result'];
      return { ...answer, result: { ...result, terms: { loss: { sum: 2, weight: 2 } } } };
    },
  };
}

const startGood = (site: Site, name: string) => startFakeWorker(site.url, name, undefined, undefined, createFakeCompute(undefined, (call) => (call === 'gradient' ? 2 : 0)));

const wrongOf = (site: Site): string[] => site.events.flatMap((event) => (event.type === 'workerWrong' ? [event.worker] : []));

async function startWith(t: ExecutionContext, flipping: ComputeClient, goods: readonly string[], options: Parameters<typeof startSite>[1] = {}): Promise<Site> {
  const site = await startSite(t, { audit: 1, minWorkers: goods.length + 1, ...options });
  await Promise.all([...goods.map((name) => startGood(site, name)), startFakeWorker(site.url, 'flipping', undefined, undefined, flipping)]);
  return site;
}

test('a run whose every step is audited has the bits of one without', async (t) => {
  const site = await startSite(t, { audit: 1, minWorkers: 3 });
  await Promise.all(['a', 'b', 'c'].map((name) => startGood(site, name)));
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.deepEqual(wrongOf(site), []);
  const audited = site.events.flatMap((event) => (event.type === 'stepAudited' ? [event] : []));
  t.is(audited.length, 12);
  t.true(audited.reduce((sum, { microbatches }) => sum + microbatches, 0) >= 12 * 6 / 2);
});

test('a worker alone is not audited, and goes on', async (t) => {
  const site = await startSite(t, { audit: 1 });
  await startGood(site, 'alone');
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.true(site.events.every((event) => event.type !== 'stepAudited' || (event.microbatches === 0 && event.unseconded === 6)));
});

test('a worker that flips a bit is found by two others, named and shut out, and the step is computed anew', async (t) => {
  const site = await startWith(t, createFlipping(() => true), ['a', 'b']);
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.deepEqual(wrongOf(site), ['flipping']);
  t.is(site.rollbacks(), 0);
  t.true(site.logged.length === 0 || site.logged.every((line) => !line.includes('put out')));
});

test('a worker whose counts alone are wrong is found, and the journal is as without it', async (t) => {
  const site = await startWith(t, createMiscounting(), ['a', 'b']);
  const expected = await referenceRun(t);
  t.is((await site.finish()).digest, expected.digest);
  t.deepEqual(wrongOf(site), ['flipping']);
  t.deepEqual(site.commits(), expected.commits);
});

test('a worker that flips one bit once is found by one other, since it contradicts itself', async (t) => {
  const site = await startWith(t, createFlipping(({ count }) => count === 2), ['a']);
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.deepEqual(wrongOf(site), ['flipping']);
});

test('two workers that go on contradicting each other end the run with both their names', async (t) => {
  const site = await startWith(t, createFlipping(() => true), ['a']);
  const error = await t.throwsAsync(site.controller.finished, { code: 'AUDIT_UNDECIDED' });
  t.regex(error.message, /(a and flipping|flipping and a) on microbatches/);
});

test('a worker that was shut out is refused when it comes back by its name', async (t) => {
  const site = await startWith(t, createFlipping(() => true), ['a', 'b']);
  while (wrongOf(site).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const again = await startFakeWorker(site.url, 'flipping');
  await again.gone;
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.false(site.events.some((event, i) => event.type === 'workerJoined' && event.worker === 'flipping' && i > site.events.findIndex(({ type }) => type === 'workerWrong')));
});

test('with strict a worker that is found wrong takes the run back to the last checkpoint', async (t) => {
  const site = await startWith(t, createFlipping(({ step }) => step >= 6), ['a', 'b'], { strict: true });
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
  t.deepEqual(wrongOf(site), ['flipping']);
  const found = site.events.flatMap((event) => (event.type === 'workerWrong' ? [event.step] : []));
  const back = site.events.flatMap((event) => (event.type === 'rolledBack' ? [`${event.from} to ${event.to}: ${event.reason}`] : []));
  t.deepEqual(found, [6]);
  t.deepEqual(back, ['5 to 4: an audit found a worker wrong']);
});

test('workers that die while they are asked leave no step standing', async (t) => {
  const site = await startSite(t, { audit: 1, minWorkers: 3 });
  await Promise.all([
    startGood(site, 'a'),
    startFakeWorker(site.url, 'b', { type: 'partial', at: 'within', nth: 4 }, undefined, createFakeCompute()),
    startFakeWorker(site.url, 'c', { type: 'computed', at: 'after', nth: 9 }, undefined, createFakeCompute()),
  ]);
  t.is((await site.finish()).digest, (await referenceRun(t)).digest);
});
