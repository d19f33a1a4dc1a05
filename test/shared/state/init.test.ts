import test from 'ava';
import { createHash } from 'node:crypto';
import { initState, initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import type { StateSpec } from '../../../shared/state/spec.js';

const kernel = (name: string): StateSpec => ({
  name,
  shape: [3, 3, 8, 16],
  kind: 'trained',
  init: { kind: 'heUniform', fanIn: 72, gain: 0.5 },
  decay: true,
});
const shift: StateSpec = { name: 'shift', shape: [4], kind: 'trained', init: { kind: 'constant', value: 0.25 }, decay: false };

test('fills He-uniform parameters within their bound and evenly, and constants with their value', (t) => {
  const flat = initValues(createLayout([kernel('a'), shift]), 7);
  const values = flat.subarray(0, 1152);
  const bound = 0.5 * Math.sqrt(6 / 72);
  t.true(values.every((value) => Math.abs(value) <= bound));
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // The deviation of the mean square over 1152 uniforms is 2.6 % of it.
  t.true(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.11);
  t.deepEqual([...flat.subarray(1152)], [0.25, 0.25, 0.25, 0.25]);
});

test('a parameter keeps its first values when others come before it; names and seeds give others', (t) => {
  const alone = initValues(createLayout([kernel('a')]), 7);
  const after = initValues(createLayout([shift, kernel('b'), kernel('a')]), 7);
  t.deepEqual(after.subarray(4 + 1152), alone);
  t.notDeepEqual(after.subarray(4, 4 + 1152), alone);
  t.notDeepEqual(initValues(createLayout([kernel('a')]), 8), alone);
});

test('gives the bytes it has always given', (t) => {
  const flat = initValues(createLayout([kernel('a'), shift]), 7);
  t.is(createHash('sha256').update(new Uint8Array(flat.buffer)).digest('hex').slice(0, 16), '9c0c05c2aac4ed14');
});

test('teachers begin as copies, constants as computed, rows of queues and banks with length 1, slots and counters as zeros', (t) => {
  const layout = createLayout([
    { kind: 'teacher', name: 'teacher/a', shape: [3, 3, 8, 16], of: 'a', momentum: { start: 0.9, end: 1 } },
    kernel('a'),
    { kind: 'constant', name: 'fixed', shape: [2], values: () => Float32Array.of(3, 4) },
    { kind: 'queue', name: 'queue', shape: [5, 7], rowsPerSample: 1, init: { kind: 'unitRows' } },
    { kind: 'bank', name: 'bank', shape: [4, 7], momentum: 0.5, init: { kind: 'unitRows' } },
    { kind: 'counter', name: 'updates', shape: [] },
  ], { samplesPerStep: 2, slotsOf: () => ['velocity'] });
  const state = initState(layout, 7);
  t.is(state.length, 2 * 1152 + 2 + 35 + 28 + 1 + 1152);
  t.deepEqual(state.slice(0, 1152), state.slice(1152, 2304));
  t.deepEqual([...state.slice(2304, 2306)], [3, 4]);
  for (let row = 0; row < 9; row++) {
    const squares = state.slice(2306 + 7 * row, 2313 + 7 * row).reduce((sum, value) => sum + value * value, 0);
    t.true(Math.abs(squares - 1) < 1e-6);
  }
  t.notDeepEqual(state.slice(2306, 2313), state.slice(2341, 2348));
  t.true(state.slice(2369).every((value) => value === 0));
});
