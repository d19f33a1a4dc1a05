import test from 'ava';
import { createLayout } from '../../../shared/state/layout.js';
import type { StateSpec } from '../../../shared/state/spec.js';
import { nameRanges, stateLengthOf, toWireLayout, valuesLengthOf } from '../../../shared/state/wire.js';

const trained = (name: string, ...shape: number[]): StateSpec => ({ kind: 'trained', name, shape, decay: true, init: { kind: 'constant', value: 0 } });
const specs: readonly StateSpec[] = [
  trained('a', 2, 3),
  { kind: 'statistic', name: 'mean', shape: [4], momentum: 0.9, init: { kind: 'constant', value: 0 } },
  { kind: 'teacher', name: 'teacher/a', shape: [2, 3], of: 'a', momentum: { start: 0.99, end: 1 } },
  { kind: 'queue', name: 'queue', shape: [9, 5], rowsPerSample: 2, init: { kind: 'unitRows' } },
  { kind: 'counter', name: 'updates', shape: [] },
  trained('b', 3),
];
const slotsOf = (name: string): string[] => (name === 'b' ? ['mean', 'square'] : ['velocity']);

test('values come first, slots behind them array by array, and only sums and rows travel', (t) => {
  const layout = createLayout(specs, { samplesPerStep: 4, slotsOf });
  t.deepEqual(layout.entries.map(({ offset, length }) => [offset, length]), [[0, 6], [6, 4], [10, 6], [16, 45], [61, 1], [62, 3]]);
  t.is(layout.valuesLength, 65);
  t.deepEqual(layout.entries.map(({ slots, slotOffset }) => [slots.length, slotOffset]), [[1, 65], [0, 71], [0, 71], [0, 71], [0, 71], [2, 71]]);
  t.is(layout.stateLength, 65 + 6 + 6);
  // Of the queue: 4 samples, 2 rows each, of 5 numbers and a mark.
  t.deepEqual(layout.entries.map(({ travelOffset, travelLength }) => [travelOffset, travelLength]), [[0, 6], [6, 4], [10, 0], [10, 48], [58, 0], [58, 3]]);
  t.is(layout.gradientLength, 61);
});

test('the wire form names every part of a flat state in order', (t) => {
  const layout = createLayout(specs, { samplesPerStep: 4, slotsOf });
  const wire = toWireLayout(layout);
  t.is(valuesLengthOf(wire), layout.valuesLength);
  t.is(stateLengthOf(wire), layout.stateLength);
  const ranges = nameRanges(wire);
  t.deepEqual(ranges.map(({ name }) => name), ['a', 'mean', 'teacher/a', 'queue', 'updates', 'b', 'optimizer/velocity/a', 'optimizer/mean/b', 'optimizer/square/b']);
  t.deepEqual(ranges.at(-1), { name: 'optimizer/square/b', shape: [3], offset: 74, length: 3 });
});

test('two arrays of one name, and a teacher of nothing or of another shape, are refused', (t) => {
  t.throws(() => createLayout([trained('a', 2), trained('a', 3)]), { message: /named "a"/ });
  const teacher: StateSpec = { kind: 'teacher', name: 'teacher/a', shape: [2], of: 'a', momentum: { start: 0, end: 0 } };
  t.throws(() => createLayout([teacher]), { message: /"teacher\/a" follows "a"/ });
  t.throws(() => createLayout([teacher, trained('a', 3)]), { message: /shape \[2\]/ });
});

const bank = (rows: number): StateSpec => ({ kind: 'bank', name: 'bank', shape: [rows, 5], momentum: 0.5, init: { kind: 'unitRows' } });

test('of a bank one row a sample travels, with its mark, however many rows it has', (t) => {
  const { entries: [entry], valuesLength, gradientLength } = createLayout([bank(7)], { samplesPerStep: 4 });
  t.is(valuesLength, 35);
  t.is(entry!.travelLength, 4 * 6);
  t.is(gradientLength, createLayout([bank(70)], { samplesPerStep: 4 }).gradientLength);
});

test('a bank of more rows than fp32 can number is refused', (t) => {
  t.is(createLayout([bank(2 ** 24)]).valuesLength, 5 * 2 ** 24);
  t.throws(() => createLayout([bank(2 ** 24 + 1)]), { code: 'BAD_RECIPE', message: /expected at most 16777216 items to train on, given 16777217/ });
});
