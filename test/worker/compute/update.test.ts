// How each kind of array changes at a step, through the trainer that a worker has, against sums made by hand in float64.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { createLayout, rowWidth, type Layout, type LayoutEntry } from '../../../shared/state/layout.js';
import type { Init, QueueSpec, StateSpec, TrainedSpec } from '../../../shared/state/spec.js';
import { backends } from '../../../worker/backends/index.js';
import { buildParts } from '../../../worker/compute/build-parts.js';
import { createTrainer, type Trainer } from '../../../worker/compute/trainer.js';
import { takeRows } from '../../../worker/compute/update.js';
import { optimizerShapes } from '../../../worker/optimizers/options/index.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const RATE = 0.1;
const STEPS = 10;
const SAMPLES_PER_STEP = 3;
const ONE: Init = { kind: 'constant', value: 1 };

const trained = (name: string, more: Partial<TrainedSpec> = {}): StateSpec =>
  ({ kind: 'trained', name, shape: [2], decay: false, init: { kind: 'uniform', bound: 1 }, ...more });

const PLAIN_SGD = { name: 'sgd', options: { momentum: 0, weightDecay: 0 } };
const PLAIN_ADAM = { name: 'adamw', options: { weightDecay: 0 } };

interface Bench {
  readonly layout: Layout;
  readonly trainer: Trainer;
  /** Values of an array now, or of one of its slots. */
  read(name: string, slot?: string): Promise<number[]>;
  /** One step. `travelled` has the sums of arrays that travel; zeros where it has none. `main` weighs as the samples do. */
  step(step: number, travelled: Readonly<Record<string, readonly number[]>>, weights?: Readonly<Record<string, number>>): void;
}

function createBench(t: ExecutionContext, specs: readonly StateSpec[], groups: readonly object[] = []): Bench {
  const parts = buildParts({
    data: { root: '/data' }, steps: STEPS, task: { name: 'rotation' },
    optimizer: { ...PLAIN_SGD, learningRate: RATE, schedule: { name: 'constant' }, groups },
  });
  const layout = createLayout(specs, { samplesPerStep: SAMPLES_PER_STEP, slotsOf: (name) => optimizerShapes[parts.groupOf(name).name].slots });
  const trainer = createTrainer({ ...parts, layout });
  t.teardown(() => trainer.dispose());
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const first = new Float32Array(layout.stateLength);
  first.set(normals(random, layout.valuesLength));
  trainer.load(first);
  const entryOf = (name: string): LayoutEntry => layout.entries.find((entry) => entry.name === name)!;
  return {
    layout, trainer,
    async read(name, slot) {
      const state = new Float32Array(layout.stateLength);
      await trainer.save(state);
      const { offset, slots, slotOffset, length } = entryOf(name);
      const start = slot === undefined ? offset : slotOffset + slots.indexOf(slot) * length;
      return [...state.subarray(start, start + length)];
    },
    step(step, travelled, weights = { samples: 4, main: 4 }) {
      const gradientSum = new Float32Array(layout.gradientLength);
      for (const [name, values] of Object.entries(travelled)) gradientSum.set(values, entryOf(name).travelOffset);
      trainer.update({ step, gradientSum, weights });
    },
  };
}

/** Equal up to a few roundings to fp32. */
function expectNear(t: ExecutionContext, actual: readonly number[], expected: readonly number[], what?: string): void {
  t.is(actual.length, expected.length, what);
  t.true(actual.every((value, i) => Math.abs(value - expected[i]!) < 3e-6 * (1 + Math.abs(expected[i]!))), `${what ?? ''} ${actual.join()} instead of ${expected.join()}`);
}

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

const queue = (rows: number, rowsPerSample: number): StateSpec => ({ kind: 'queue', name: 'queue', shape: [rows, 2], rowsPerSample, init: ONE });

/** Rows as they travel: each with its mark. */
const mark = (rows: readonly (readonly number[] | undefined)[]): number[] => rows.flatMap((row) => (row ? [...row, 1] : [0, 0, 0]));

test('a queue takes the rows that are marked, in order, behind its own, and lets the oldest go', async (t) => {
  const bench = createBench(t, [trained('one'), queue(4, 1)]);
  const before = await bench.read('queue');
  bench.step(1, { queue: mark([[1, 2], undefined, [5, 6]]) });
  t.deepEqual(await bench.read('queue'), [...before.slice(4), 1, 2, 5, 6]);
  bench.step(2, { queue: mark([undefined, undefined, undefined]) });
  t.deepEqual(await bench.read('queue'), [...before.slice(4), 1, 2, 5, 6]);
  bench.step(3, { queue: mark([[0, 0], [7, 8], [9, 10]]) });
  t.deepEqual(await bench.read('queue'), [5, 6, 0, 0, 7, 8, 9, 10]);
});

test('rows are not divided by any weight, and come as they travelled', async (t) => {
  const bench = createBench(t, [trained('one'), queue(3, 1)]);
  const rows = [[0.1, -1e-30], [3e38, 1 / 3], [Math.fround(Math.PI), 0]].map((row) => row.map(Math.fround));
  bench.step(1, { queue: mark(rows) }, { samples: 3, main: 7 });
  t.deepEqual(await bench.read('queue'), rows.flat());
});

for (const rowsPerSample of [1, 2]) {
  test(`a queue that is shorter than a step keeps the last rows of it; ${rowsPerSample} a sample`, async (t) => {
    const bench = createBench(t, [trained('one'), queue(2, rowsPerSample)]);
    const entry = bench.layout.entries[1] as LayoutEntry<QueueSpec>;
    t.is(entry.travelLength, SAMPLES_PER_STEP * rowsPerSample * rowWidth(entry));
    const rows = Array.from({ length: SAMPLES_PER_STEP * rowsPerSample }, (_, i) => [i, -i]);
    bench.step(1, { queue: mark(rows) });
    t.deepEqual(await bench.read('queue'), rows.slice(-2).flat().map((value) => value + 0));
    const vector = new Float32Array(bench.layout.gradientLength);
    vector.set(mark([undefined, ...rows.slice(1)]), entry.travelOffset);
    t.deepEqual([...takeRows(entry, vector)].map((value) => value + 0), rows.slice(1).flat());
  });
}

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
    trained('one'), queue(4, 1),
    { kind: 'statistic', name: 'seen', shape: [2], momentum: 0.5, init: ONE },
    { kind: 'teacher', name: 'teacher/one', of: 'one', shape: [2], momentum: { start: 0.5, end: 0.5 } },
    { kind: 'counter', name: 'updates', shape: [] },
  ]);
  const names = bench.layout.entries.map(({ name }) => name);
  const before = await Promise.all(names.map((name) => bench.read(name)));
  bench.step(1, {}, { samples: 0, main: 0 });
  t.deepEqual(await Promise.all(names.map((name) => bench.read(name))), before);
});
