// How each kind of array changes at a step, through the trainer that a worker has, against sums made by hand in float64.
// rows.test.ts has queues and banks.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { createBench, expectNear, ONE, RATE, STEPS, trained } from '../../helpers/update-bench.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const PLAIN_ADAM = { name: 'adamw', options: { weightDecay: 0 } };

test('a trained array moves by its summed gradient over the weight of its player, whatever the others weigh', async (t) => {
  const bench = createBench(t, [trained('one'), trained('two', { player: 'critic' })]);
  const before = await Promise.all([bench.read('one'), bench.read('two')]);
  bench.step(1, { one: [8, -4], two: [8, -4] }, { samples: 5, main: 4, critic: 2 });
  expectNear(t, await bench.read('one'), [before[0][0]! - RATE * 2, before[0][1]! + RATE]);
  expectNear(t, await bench.read('two'), [before[1][0]! - RATE * 4, before[1][1]! + RATE * 2]);
});

test('a player whose terms had no weight leaves its arrays and what their optimizer keeps; the others move', async (t) => {
  const bench = createBench(t, [trained('one'), trained('two', { player: 'critic' })], [{ match: 'two', ...PLAIN_ADAM }]);
  bench.step(1, { one: [1, 1], two: [1, 1] }, { samples: 1, main: 1, critic: 1 });
  const readTwo = (): Promise<number[][]> => Promise.all([bench.read('two'), bench.read('two', 'mean'), bench.read('two', 'square')]);
  const [one, two] = [await bench.read('one'), await readTwo()];
  bench.step(2, { one: [1, 1] }, { samples: 1, main: 1, critic: 0 });
  t.notDeepEqual(await bench.read('one'), one);
  t.deepEqual(await readTwo(), two);
});

test('groups have an optimizer and a factor of their own, and the first that fits counts', async (t) => {
  const bench = createBench(t, [trained('trunk/a'), trained('head/a'), trained('head/b')], [
    { match: 'head/a', ...PLAIN_ADAM, rateFactor: 3 },
    { match: 'head/', rateFactor: 0.5 },
  ]);
  const [trunk, adam, slow] = await Promise.all(['trunk/a', 'head/a', 'head/b'].map((name) => bench.read(name)));
  bench.step(1, { 'trunk/a': [4, -8], 'head/a': [4, -8], 'head/b': [4, -8] });
  expectNear(t, await bench.read('trunk/a'), [trunk![0]! - RATE, trunk![1]! + 2 * RATE]);
  // The first update of Adam is as long as the rate, whatever the gradient.
  expectNear(t, await bench.read('head/a'), [adam![0]! - 3 * RATE, adam![1]! + 3 * RATE]);
  expectNear(t, await bench.read('head/b'), [slow![0]! - RATE / 2, slow![1]! + RATE]);
});

test('a frozen array stays, with what its optimizer keeps, up to and including its step; then it starts as at a first step', async (t) => {
  const bench = createBench(t, [trained('late'), trained('early')], [{ match: 'late', ...PLAIN_ADAM, frozenUntil: 2 }]);
  const before = await bench.read('late');
  for (const step of [1, 2]) {
    const early = await bench.read('early');
    bench.step(step, { late: [4, 4], early: [4, 4] });
    t.deepEqual(await bench.read('late'), before);
    t.deepEqual([await bench.read('late', 'mean'), await bench.read('late', 'square')], [[0, 0], [0, 0]]);
    t.notDeepEqual(await bench.read('early'), early);
  }
  bench.step(3, { late: [4, -400] });
  expectNear(t, await bench.read('late'), [before[0]! - RATE, before[1]! + RATE]);
});

test('a statistic moves towards what was seen, averaged over the samples', async (t) => {
  const bench = createBench(t, [trained('one'), { kind: 'statistic', name: 'seen', shape: [2], momentum: 0.75, init: ONE }]);
  const before = await bench.read('seen');
  bench.step(1, { seen: [10, -5] }, { samples: 5, main: 2 });
  expectNear(t, await bench.read('seen'), [0.75 * before[0]! + 0.25 * 2, 0.75 * before[1]! - 0.25]);
});

test('a teacher follows what the step has made of its array, with a momentum that glides along half a cosine', async (t) => {
  const [start, end] = [0.2, 0.8];
  const momentum = { start, end };
  const bench = createBench(t, [
    { kind: 'teacher', name: 'teacher/one', of: 'one', shape: [2], momentum },
    trained('one'),
    { kind: 'statistic', name: 'seen', shape: [2], momentum: 0.5, init: ONE },
    { kind: 'teacher', name: 'teacher/seen', of: 'seen', shape: [2], momentum: { start: 1, end: 1 } },
    { kind: 'teacher', name: 'copy', of: 'one', shape: [2], momentum: { start: 0, end: 0 } },
  ]);
  const [still, expected] = [await bench.read('teacher/seen'), await bench.read('teacher/one')];
  for (let step = 1; step <= STEPS; step++) {
    bench.step(step, { one: [step, -1], seen: [8, 8] });
    const one = await bench.read('one');
    const kept = end + ((start - end) * (1 + Math.cos((Math.PI * (step - 1)) / STEPS))) / 2;
    expected.forEach((value, i) => { expected[i] = kept * value + (1 - kept) * one[i]!; });
    expectNear(t, await bench.read('teacher/one'), expected, `step ${step}`);
    t.deepEqual(await bench.read('copy'), one);
  }
  t.deepEqual(await bench.read('teacher/seen'), still);
});

test('a constant never changes, and a counter counts the steps that changed something', async (t) => {
  const bench = createBench(t, [
    trained('one'),
    { kind: 'constant', name: 'table', shape: [3], values: () => Float32Array.of(1, 2, 3) },
    { kind: 'counter', name: 'updates', shape: [] },
  ]);
  const [table, [count]] = [await bench.read('table'), await bench.read('updates')];
  bench.step(1, { one: [1, 1] });
  bench.step(2, { one: [1, 1] });
  t.deepEqual(await bench.read('table'), table);
  expectNear(t, await bench.read('updates'), [count! + 2]);
});

test('a step without a usable sample changes nothing at all', async (t) => {
  const bench = createBench(t, [
    trained('one'),
    { kind: 'queue', name: 'queue', shape: [4, 2], rowsPerSample: 1, init: ONE },
    { kind: 'bank', name: 'bank', shape: [4, 2], momentum: 0.5, init: ONE },
    { kind: 'statistic', name: 'seen', shape: [2], momentum: 0.5, init: ONE },
    { kind: 'teacher', name: 'teacher/one', of: 'one', shape: [2], momentum: { start: 0.5, end: 0.5 } },
    { kind: 'counter', name: 'updates', shape: [] },
  ]);
  const names = bench.layout.entries.map(({ name }) => name);
  const before = await Promise.all(names.map((name) => bench.read(name)));
  bench.step(1, {}, { samples: 0, main: 0 });
  t.deepEqual(await Promise.all(names.map((name) => bench.read(name))), before);
});
