// What a step loop sends, for what it was sent.

import test from 'ava';
import { createBench, createGate, createSeeded, LENGTH, partialsOf, SEED_STATE, settle, until } from '../../helpers/loop-bench.js';

test('a worker sends one sum for each largest aligned subtree that it holds, after the counts of its leaves', async (t) => {
  const bench = await createSeeded(t);
  await bench.lease(1, 5, 3, 0, 2, 1);
  await until(() => bench.of('partial').length === 2);
  await settle();
  t.deepEqual(bench.computed, [0, 1, 2, 3, 5]);
  t.deepEqual(partialsOf(bench), [
    { node: '2/0', values: Array<number>(LENGTH).fill(1111) },
    { node: '0/5', values: Array<number>(LENGTH).fill(100_000) },
  ]);
  const types = bench.sent.map(({ message }) => (message.type === 'computed' ? `computed ${message.microbatch}` : message.type));
  t.deepEqual(types, ['synced', 'computed 0', 'computed 1', 'computed 2', 'computed 3', 'partial', 'computed 5', 'partial']);
  t.is(bench.numBatchesOut(), 0);
});

test('all microbatches of a step make one sum, though the tree is not full', async (t) => {
  const bench = await createSeeded(t);
  await bench.lease(1, 0, 1, 2, 3, 4, 5);
  await until(() => bench.of('partial').length > 0);
  t.deepEqual(partialsOf(bench), [{ node: '3/0', values: Array<number>(LENGTH).fill(111_111) }]);
});

test('what a worker waits with nothing to compute is not the time of its next microbatch', async (t) => {
  const bench = await createSeeded(t);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await bench.lease(1, 0);
  await until(() => bench.of('computed').length === 1);
  const { ms } = bench.of('computed')[0]!.message;
  t.true(ms < 1400, `${ms} ms`);
});

test('what waited for a microbatch that is taken away is sent at once', async (t) => {
  const gate = createGate();
  const bench = await createSeeded(t, { holdBatch: (index) => (index === 1 ? gate.opened : undefined) });
  await bench.lease(1, 0, 1);
  await until(() => bench.of('computed').length === 1);
  t.deepEqual(partialsOf(bench), []);
  await bench.give({ type: 'revoke', step: 1, microbatches: [1] });
  t.deepEqual(partialsOf(bench), [{ node: '0/0', values: [1, 1, 1] }]);
  gate.open();
  await settle();
  t.deepEqual(bench.computed, [0]);
  t.is(bench.numBatchesOut(), 0);
});

test('the state that is asked for is that of the commit before, however late its average', async (t) => {
  const bench = await createSeeded(t);
  await bench.give({ type: 'commit', step: 1, weights: { samples: 2 }, digest: true });
  await bench.give({ type: 'sendState', id: 7 });
  await bench.give({ type: 'commit', step: 2, weights: { samples: 1 }, digest: false });
  await bench.give({ type: 'average', step: 2, offset: 0, total: LENGTH }, [30, 30, 30]);
  t.deepEqual(bench.of('snapshot'), []);
  await bench.give({ type: 'average', step: 1, offset: 1, total: LENGTH }, [20, 20]);
  // A chunk that comes twice counts once.
  await bench.give({ type: 'average', step: 1, offset: 1, total: LENGTH }, [20, 20]);
  t.is(bench.replica.step, 0);
  await bench.give({ type: 'average', step: 1, offset: 0, total: LENGTH }, [20]);
  await until(() => bench.replica.step === 2 && bench.of('applied').length === 2);
  t.deepEqual(bench.of('snapshot').map(({ message, values }) => [message.id, message.step, values]), [[7, 1, [90, 90, 90]]]);
  t.deepEqual(bench.of('applied').map(({ message: { step, digest } }) => [step, digest?.length]), [[1, 64], [2, undefined]]);
  await bench.give({ type: 'sendState', id: 8 });
  await until(() => bench.of('snapshot').length === 2);
  t.deepEqual(bench.of('snapshot')[1]!.values, [60, 60, 60]);
});

test('chunks of an earlier transfer do not get into the state of a later one', async (t) => {
  const bench = createBench(t);
  await bench.give({ type: 'begin', step: 4, source: 'transfer', transfer: 1 });
  await bench.give({ type: 'state', transfer: 1, offset: 0, total: LENGTH }, [1]);
  await bench.give({ type: 'begin', step: 5, source: 'transfer', transfer: 2 });
  await bench.give({ type: 'state', transfer: 1, offset: 1, total: LENGTH }, [1, 1]);
  await bench.give({ type: 'state', transfer: 1, offset: 0, total: LENGTH }, [1, 1, 1]);
  t.deepEqual(bench.sent, []);
  await bench.give({ type: 'state', transfer: 2, offset: 0, total: LENGTH }, [2, 2, 2]);
  await until(() => bench.replica.step === 5);
  await bench.give({ type: 'sendState', id: 1 });
  await until(() => bench.of('snapshot').length === 1);
  t.deepEqual(bench.of('snapshot')[0]!.values, [2, 2, 2]);
});

test('commits that come while the state is on its way are applied after it', async (t) => {
  const bench = createBench(t);
  await bench.give({ type: 'begin', step: 5, source: 'transfer', transfer: 3 });
  await bench.commit(6, 4);
  await bench.give({ type: 'state', transfer: 3, offset: 0, total: LENGTH }, [10, 10, 10]);
  await until(() => bench.replica.step === 6);
  await bench.give({ type: 'sendState', id: 1 });
  await until(() => bench.of('snapshot').length === 1);
  t.deepEqual(bench.of('snapshot')[0]!.values, [6, 6, 6]);
});

test('a gradient that is not finite is reported with its samples; the loop stays to hand its state over', async (t) => {
  const bench = await createSeeded(t, { isFinite: (index) => index !== 1 });
  await bench.lease(1, 0, 1, 2);
  await until(() => bench.of('failed').length === 1);
  const failed = bench.of('failed')[0]!.message;
  t.like(failed, { code: 'NON_FINITE', step: 1, final: true });
  t.regex(failed.message, /step 1, microbatch 1 .*sample-1/);
  await bench.give({ type: 'sendState', id: 1 });
  await until(() => bench.of('snapshot').length === 1);
  t.deepEqual(bench.of('snapshot')[0]!.values, Array<number>(LENGTH).fill(SEED_STATE));
  t.deepEqual(bench.computed, [0, 1]);
  t.deepEqual(bench.of('computed').map(({ message }) => message.microbatch), [0]);
});

test('drained, it finishes the microbatch in hand, sends what it has and gives every buffer back', async (t) => {
  const gate = createGate();
  const bench = await createSeeded(t, { holdGradient: (index) => (index === 0 ? gate.opened : undefined) });
  await bench.lease(1, 0, 1, 2, 3);
  bench.loop.drain();
  await bench.give({ type: 'release' });
  t.deepEqual(bench.of('partial'), []);
  gate.open();
  await bench.loop.done;
  t.deepEqual(bench.computed, [0]);
  t.deepEqual(partialsOf(bench), [{ node: '0/0', values: [1, 1, 1] }]);
  t.is(bench.numBatchesOut(), 0);
});

test('drained, it still hands over its state when it is asked, until nothing more is wanted', async (t) => {
  const bench = await createSeeded(t);
  bench.loop.drain();
  await bench.lease(1, 0);
  await bench.give({ type: 'sendState', id: 3 });
  await until(() => bench.of('snapshot').length === 1);
  t.deepEqual(bench.of('snapshot')[0]!.values, Array<number>(LENGTH).fill(SEED_STATE));
  t.deepEqual(bench.computed, []);
  await bench.give({ type: 'release' });
  await bench.loop.done;
  t.is(bench.numBatchesOut(), 0);
});

test('a step that others have finished is left, and nothing of it is sent any more', async (t) => {
  const gate = createGate();
  const bench = await createSeeded(t, { holdGradient: (index) => (index === 2 ? gate.opened : undefined) });
  await bench.lease(1, 2, 3);
  await bench.lease(2, 4);
  await bench.commit(1, 5);
  gate.open();
  await until(() => bench.of('partial').length === 1);
  t.deepEqual(bench.of('computed').map(({ message: { step, microbatch } }) => [step, microbatch]), [[2, 4]]);
  t.deepEqual(partialsOf(bench), [{ node: '0/4', values: [10_000, 10_000, 10_000] }]);
  t.is(bench.numBatchesOut(), 0);
});

test('a new beginning forgets the gradient under way', async (t) => {
  const gate = createGate();
  const bench = await createSeeded(t, { holdGradient: (index) => (index === 0 ? gate.opened : undefined) });
  await bench.lease(1, 0, 1);
  await bench.give({ type: 'begin', step: 0, source: 'seed', transfer: 2 });
  gate.open();
  await until(() => bench.of('synced').length === 2);
  await settle();
  t.deepEqual(bench.of('computed'), []);
  t.deepEqual(bench.of('partial'), []);
  await bench.lease(1, 3);
  await until(() => bench.of('partial').length === 1);
  t.deepEqual(partialsOf(bench), [{ node: '0/3', values: [1000, 1000, 1000] }]);
});

test('data that cannot be prepared end the loop', async (t) => {
  const bench = await createSeeded(t, { holdBatch: () => Promise.reject(new Error('no ffmpeg')) });
  await bench.lease(1, 0);
  await t.throwsAsync(bench.loop.done, { message: 'no ffmpeg' });
});
