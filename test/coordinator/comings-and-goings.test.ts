// Workers that come back, come late, differ or are slow, and a coordinator that slept or begins again.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkpointPath } from '../../coordinator/checkpoints/checkpoints.js';
import type { Replica } from '../../worker/client/step-loop.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { ComputeCalls } from '../../worker/compute/protocol.js';
import { createFakeCompute, referenceRun, startFakeWorker, startSite, startSlowWorker } from '../helpers/fake-site.js';

test('a worker whose state is still on the way when the last one in step leaves comes again, and goes on from there', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { minWorkers: 2 });
  // Longer in the loading than the grace that the run gives to those who were in step.
  const slow = createFakeCompute(undefined, (name) => (name === 'load' ? 400 : 0));
  const [victim] = await Promise.all([
    startFakeWorker(site.url, 'victim', { type: 'partial', at: 'after', nth: 3 }), startFakeWorker(site.url, 'loading', undefined, undefined, slow),
  ]);
  await victim.gone;
  t.is((await site.finish()).digest, digest);
});

test('a commit that the disk is still taking when everybody has left is settled before the run goes on', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { journalMs: 100 });
  const victim = await startFakeWorker(site.url, 'victim', { type: 'partial', at: 'after', nth: 1 });
  await victim.gone;
  await startFakeWorker(site.url, 'next');
  t.is((await site.finish()).digest, digest);
});

test('a worker that comes back with its state goes on where it was, without a rollback', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t);
  const compute = createFakeCompute();
  const replica: Replica = { step: undefined };
  const first = await startFakeWorker(site.url, 'flapping', { type: 'applied', at: 'after', nth: 5 }, { replica, compute, runId: 'test' });
  await first.gone;
  t.is(replica.step, 5);
  await startFakeWorker(site.url, 'flapping', undefined, { replica, compute, runId: 'test' });
  t.is((await site.finish()).digest, digest);
  t.is(site.rollbacks(), 0);
});

test('a worker that comes while another is still loading the checkpoint gets its state from that one, and takes part', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t);
  const first = await startFakeWorker(site.url, 'first', { type: 'applied', at: 'after', nth: 6 });
  await first.gone;
  const slow = () => ({ replica: { step: undefined } as Replica, compute: createFakeCompute(undefined, () => 150), runId: 'test' });
  await startFakeWorker(site.url, 'loading', undefined, slow());
  while (![...site.controller.peers].some(({ phase }) => phase === 'syncing')) await new Promise((resolve) => setTimeout(resolve, 5));
  await startFakeWorker(site.url, 'second', undefined, slow());
  t.is((await site.finish()).digest, digest);
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

test('a replica that differs where no digest is due is found when a checkpoint is saved', async (t) => {
  const site = await startSite(t, { minWorkers: 3 });
  const slow = (spoil?: (step: number) => boolean) => createFakeCompute(spoil, (name) => (name === 'gradient' ? 10 : 0));
  const [, , worker] = await Promise.all([
    startFakeWorker(site.url, 'a', undefined, undefined, slow()), startFakeWorker(site.url, 'b', undefined, undefined, slow()),
    startFakeWorker(site.url, 'drifting', undefined, undefined, slow((step) => step === 4)),
  ]);
  await worker.gone;
  t.like(site.events.find(({ type }) => type === 'replicaDiffers'), { worker: 'drifting', step: 4 });
  await site.finish();
  t.true(site.events.some((event) => event.type === 'checkpointSaved' && event.step === 4));
});

test('a coordinator that begins again goes on from the checkpoint before a damaged one, names that, and ends with the same bits', async (t) => {
  const { digest } = await referenceRun(t);
  const before = await startSite(t);
  const worker = await startFakeWorker(before.url, 'first', { type: 'applied', at: 'after', nth: 11 });
  await worker.gone;
  while (!before.events.some((event) => event.type === 'checkpointSaved' && event.step === 8)) await new Promise((resolve) => setTimeout(resolve, 5));
  await before.controller.stop();

  const path = checkpointPath(join(before.folder, 'checkpoints'), 8);
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);

  const after = await startSite(t, { folder: before.folder });
  await startFakeWorker(after.url, 'second');
  t.is((await after.finish()).digest, digest);
  t.like(after.events.find(({ type }) => type === 'checkpointRejected'), { step: 8, path });
  t.like(after.events.find(({ type }) => type === 'resumed'), { step: 4, from: 'checkpoint' });
});

test('when all workers leave between two checkpoints, the last one hands its state over first, and nothing is computed again', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t);
  const workers = await Promise.all(['a', 'b'].map((name) => startSlowWorker(site.url, name)));
  while (site.controller.committed < 5) await new Promise((resolve) => setTimeout(resolve, 2));
  for (const worker of workers) worker.leave();
  await Promise.all(workers.map(({ gone }) => gone));
  const { committed } = site.controller;
  t.true(site.events.some((event) => event.type === 'checkpointSaved' && event.step === committed));
  await startFakeWorker(site.url, 'next');
  t.is((await site.finish()).digest, digest);
  t.is(site.rollbacks(), 0);
});

test('one of several that leaves goes at once, and nothing is saved for it', async (t) => {
  const site = await startSite(t, { minWorkers: 2 });
  const [first] = await Promise.all(['a', 'b'].map((name) => startSlowWorker(site.url, name)));
  while (site.controller.committed < 1 || [...site.controller.peers].filter(({ phase }) => phase === 'active').length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  first!.leave();
  await first!.gone;
  t.false(site.events.some((event) => event.type === 'checkpointSaved' && event.step < 4));
  await site.finish();
});

test('a coordinator that is told to stop while the last worker hands over its state waits for that', async (t) => {
  const { digest } = await referenceRun(t);
  const before = await startSite(t);
  const worker = await startSlowWorker(before.url, 'leaving');
  while (before.controller.committed < 5) await new Promise((resolve) => setTimeout(resolve, 2));
  worker.leave();
  while (![...before.controller.peers].some(({ phase }) => phase === 'draining')) await new Promise((resolve) => setTimeout(resolve, 1));
  await before.controller.stop();
  const { committed } = before.controller;
  t.true(before.events.some((event) => event.type === 'checkpointSaved' && event.step === committed));
  const after = await startSite(t, { folder: before.folder });
  await startFakeWorker(after.url, 'next');
  t.is((await after.finish()).digest, digest);
  t.is(after.rollbacks(), 0);
});

/** Does something to what comes of each microbatch of step 5. */
function createAltered(alter: (microbatch: number, gradient: Float32Array) => object): ComputeClient {
  const inner = createFakeCompute();
  return {
    ...inner,
    async call(name, parameters) {
      const answer = await inner.call(name, parameters);
      if (name !== 'gradient') return answer;
      const { input, gradient } = parameters as ComputeCalls['gradient']['parameters'];
      return input.step === 5 ? { ...answer, result: { ...(answer.result as object), ...alter(input.microbatch, gradient) } as never } : answer;
    },
  };
}

/** Finds a result that is not finite in one microbatch. */
const createDiverging = (): ComputeClient => createAltered((microbatch) => ({ isFinite: microbatch !== 2 }));

/** Finds gradients that are finite, and whose sum is not. */
const createOverflowing = (): ComputeClient => createAltered((_microbatch, gradient) => {
  gradient.fill(3e38);
  return {};
});

for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c', 'd', 'e', 'f']]) {
  test(`gradients whose sum goes beyond what a number can say end the run of ${names.length}, with the state of the step before saved`, async (t) => {
    const site = await startSite(t, { minWorkers: names.length });
    await Promise.all(names.map((name) => startFakeWorker(site.url, name, undefined, undefined, createOverflowing())));
    await t.throwsAsync(site.controller.finished, { code: 'NON_FINITE', message: /sum of (the )?gradients of step 5 is not finite/ });
    t.is(site.controller.committed, 4);
    t.true(site.events.some((event) => event.type === 'checkpointSaved' && event.step === 4));
  });
}

test('one whose sum is not finite where those of others are is let go with the step, and nothing else comes of it', async (t) => {
  const { digest } = await referenceRun(t);
  const site = await startSite(t, { minWorkers: 3 });
  const [odd] = await Promise.all([
    startFakeWorker(site.url, 'odd', undefined, undefined, createAltered((_microbatch, gradient) => { gradient.fill(NaN); return {}; })), startSlowWorker(site.url, 'a'), startSlowWorker(site.url, 'b'),
  ]);
  await odd.gone;
  t.is((await site.finish()).digest, digest);
  t.like(site.events.find(({ type }) => type === 'workerFailed'), { worker: 'odd', code: 'NON_FINITE' });
  t.like(site.events.find(({ type }) => type === 'workerLeft'), { worker: 'odd' });
});

for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
  test(`a result that is not finite ends the run of ${names.length}, with the state of the step before saved`, async (t) => {
    const site = await startSite(t, { minWorkers: names.length });
    await Promise.all(names.map((name) => startFakeWorker(site.url, name, undefined, undefined, createDiverging())));
    await t.throwsAsync(site.controller.finished, { code: 'NON_FINITE', message: /step 5, microbatch 2/ });
    t.is(site.controller.committed, 4);
    t.true(site.events.some((event) => event.type === 'checkpointSaved' && event.step === 4));
  });
}

test('a run in which nothing comes of a step for a minute says what it waits for', async (t) => {
  let passedMs = 0;
  const site = await startSite(t, { now: () => performance.now() + passedMs });
  await startSlowWorker(site.url, 'frozen', 2000);
  while (![...site.controller.peers].some(({ phase }) => phase === 'active')) await new Promise((resolve) => setTimeout(resolve, 2));
  passedMs = 61_000;
  while (!site.events.some(({ type }) => type === 'standing')) await new Promise((resolve) => setTimeout(resolve, 5));
  t.like(site.events.find(({ type }) => type === 'standing'), { reason: 'step 1 waits for microbatches 0, 1, 2, 3, 4, 5 of frozen, silent for 61 s' });
});
