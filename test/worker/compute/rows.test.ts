// What a step makes of the rows that samples gave: queues and banks, against rules followed by hand.

import anyTest, { type TestFn } from 'ava';
import { rowWidth, type LayoutEntry } from '../../../shared/state/layout.js';
import type { QueueSpec, StateSpec } from '../../../shared/state/spec.js';
import { backends } from '../../../worker/backends/index.js';
import { takeRows } from '../../../worker/compute/rows.js';
import { createBench, expectNear, ONE, SAMPLES_PER_STEP, trained } from '../../helpers/update-bench.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
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
    t.deepEqual([...takeRows(entry, vector).rows].map((value) => value + 0), rows.slice(1).flat());
  });
}

const bank = (rows: number, momentum: number): StateSpec => ({ kind: 'bank', name: 'bank', shape: [rows, 2], momentum, init: ONE });

/** An item and its row; undefined where a sample gave none. */
type ItemRow = readonly [item: number, x: number, y: number] | undefined;

/** Rows for a bank as they travel: each with the mark of its item. */
const markItems = (rows: readonly ItemRow[]): number[] => rows.flatMap((row) => (row ? [row[1], row[2], row[0] + 1] : [0, 0, 0]));

/** The row, or its opposite where the bank's points the other way: what is left of two that cancel is mostly rounding. */
function alongBank(row: ItemRow, bankRows: readonly number[]): ItemRow {
  if (row === undefined) return undefined;
  const [item, x, y] = row;
  return x * bankRows[2 * item]! + y * bankRows[2 * item + 1]! < 0 ? [item, -x, -y] : row;
}

const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.hypot(...row));

for (const momentum of [0, 0.5, 0.9]) {
  test(`momentum ${momentum}: a bank moves the rows of a step's items, keeps their length 1 and leaves the others`, async (t) => {
    const bench = createBench(t, [trained('one'), bank(6, momentum)]);
    const expected = await bench.read('bank');
    const steps: readonly (readonly ItemRow[])[] = [[[4, 0.6, 0.8], [0, -1, 0], [5, 0, 1]], [[0, 0, -1], undefined, [1, 0.28, -0.96]]];
    for (const [index, given] of steps.entries()) {
      const before = await bench.read('bank');
      const rows = given.map((row) => alongBank(row, before));
      bench.step(index + 1, { bank: markItems(rows) });
      for (const [item, ...seen] of rows.filter((row) => row !== undefined)) {
        const moved = seen.map((value, d) => momentum * expected[2 * item + d]! + (1 - momentum) * value);
        expected.splice(2 * item, 2, ...unit(moved));
      }
      const after = await bench.read('bank');
      expectNear(t, after, expected);
      const isMoved = (i: number): boolean => rows.some((row) => row?.[0] === Math.floor(i / 2));
      t.true(after.every((value, i) => isMoved(i) || value === before[i]));
    }
  });
}

test('an item that gave several rows in a step moves towards their mean, in whichever order they come', async (t) => {
  const bench = createBench(t, [trained('one'), bank(3, 0.5)]);
  const before = await bench.read('bank');
  const [x, y] = [Math.sign(before[4]!), Math.sign(before[5]!)];
  const [first, second, other]: ItemRow[] = [[2, x, 0], [2, 0, y], [1, -0.6, 0.8]];
  const state = new Float32Array(bench.layout.stateLength);
  await bench.trainer.save(state);
  const orders = [[first, second, other], [other, second, first]];
  const results: number[][] = [];
  for (const rows of orders) {
    bench.trainer.load(state);
    bench.step(1, { bank: markItems(rows) });
    results.push(await bench.read('bank'));
  }
  expectNear(t, results[0]!.slice(4), unit([before[4]! / 2 + x / 4, before[5]! / 2 + y / 4]));
  t.deepEqual(results[1], results[0]);
});

test('a step whose samples gave no rows leaves a bank as it is, to the bit', async (t) => {
  const bench = createBench(t, [trained('one'), bank(3, 0.5)]);
  const before = await bench.read('bank');
  bench.step(1, { one: [1, 1] });
  t.deepEqual(await bench.read('bank'), before);
});
