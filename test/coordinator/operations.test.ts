// What an operator asks of a stage: real sockets, workers with arithmetic that takes no time.

import test from 'ava';
import { referenceRun, startFakeWorker, startSite, startSlowWorker, type Site } from '../helpers/fake-site.js';
import { until } from '../helpers/processes.js';

const untilPaused = (site: Site): Promise<true> => until('the pause', () => site.controller.operations.pause === 'paused' || undefined);
const pausesOf = ({ events }: Site): number[] => events.flatMap((event) => (event.type === 'paused' ? [event.step] : []));
const savedOf = ({ events }: Site): number[] => events.flatMap((event) => (event.type === 'checkpointSaved' ? [event.step] : []));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a paused run finishes the step in hand, saves it, does nothing more, and ends with the same bits', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { minWorkers: 2 });
  const { controller: { operations } } = site;
  await Promise.all(['a', 'b'].map((name) => startSlowWorker(site.url, name, 5)));
  await until('step 5', () => site.controller.committed >= 5 || undefined);
  operations.setPaused(true);
  operations.setPaused(true);
  await untilPaused(site);
  const { committed } = site.controller;
  t.true(savedOf(site).includes(committed));
  await sleep(200);
  t.is(site.controller.committed, committed);
  t.deepEqual(pausesOf(site), [committed]);
  operations.setPaused(false);
  t.is(operations.pause, undefined);
  t.is((await site.finish()).digest, digest);
  t.is(site.rollbacks(), 0);
  t.deepEqual(site.events.filter(({ type }) => type === 'continued').length, 1);
});

test('a run that is paused before anybody comes begins when it is continued', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t);
  site.controller.operations.setPaused(true);
  t.deepEqual(pausesOf(site), [0]);
  await startFakeWorker(site.url, 'early');
  await until('the worker', () => [...site.controller.peers].some(({ phase }) => phase === 'active') || undefined);
  await sleep(100);
  t.is(site.controller.committed, 0);
  site.controller.operations.setPaused(false);
  t.is((await site.finish()).digest, digest);
});

test('in a pause all workers may go and others come: nothing is computed again', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t);
  const worker = await startSlowWorker(site.url, 'first', 5);
  await until('step 5', () => site.controller.committed >= 5 || undefined);
  site.controller.operations.setPaused(true);
  await untilPaused(site);
  worker.leave();
  await worker.gone;
  await startFakeWorker(site.url, 'second');
  await until('the second', () => [...site.controller.peers].some(({ id, phase }) => id === 'second' && phase === 'active') || undefined);
  t.is(site.controller.operations.pause, 'paused');
  site.controller.operations.setPaused(false);
  t.is((await site.finish()).digest, digest);
  t.is(site.rollbacks(), 0);
});

test('a worker that vanishes in the step that a pause lets finish is replaced by the others', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { minWorkers: 2 });
  const [victim] = await Promise.all([startFakeWorker(site.url, 'victim', { type: 'partial', at: 'before', nth: 5 }), startSlowWorker(site.url, 'steady', 5)]);
  const pausing = setInterval(() => site.controller.operations.setPaused(true), 1);
  t.teardown(() => clearInterval(pausing));
  await untilPaused(site);
  clearInterval(pausing);
  site.controller.operations.setPaused(false);
  await victim.gone;
  t.is((await site.finish()).digest, digest);
});

test('a checkpoint is saved when it is asked for, and named', async (t) => {
  const site = await startSite(t);
  await t.throwsAsync(site.controller.operations.checkpoint(), { code: 'REFUSED', message: /no worker is in step/ });
  const worker = await startSlowWorker(site.url, 'only', 5);
  await until('step 5', () => site.controller.committed >= 5 || undefined);
  site.controller.operations.setPaused(true);
  await untilPaused(site);
  const saved = await site.controller.operations.checkpoint();
  t.is(saved.step, site.controller.committed);
  t.true(saved.path.endsWith(`step-${String(saved.step).padStart(6, '0')}.safetensors`), saved.path);
  t.true(savedOf(site).includes(saved.step));
  worker.leave();
  await worker.gone;
  t.deepEqual(await site.controller.operations.checkpoint(), saved);
  site.controller.operations.setPaused(false);
  await startFakeWorker(site.url, 'next');
  await site.finish();
});

test('a worker that is drained hands in what it holds and leaves; the others go on', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { minWorkers: 3 });
  const { operations } = site.controller;
  const [first, second] = await Promise.all(['node/0', 'node/1', 'other'].map((name) => startSlowWorker(site.url, name)));
  await until('a step', () => site.controller.committed >= 1 || undefined);
  t.throws(() => operations.drain('nobody'), { code: 'NOT_FOUND', message: /no worker "nobody"/ });
  t.deepEqual(operations.drain('node'), ['node/0', 'node/1']);
  await Promise.all([first!.gone, second!.gone]);
  t.is((await site.finish()).digest, digest);
  t.is(site.rollbacks(), 0);
});
