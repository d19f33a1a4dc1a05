import test from 'ava';
import { createHash } from 'node:crypto';
import { createLayout } from '../../../shared/tensors/layout.js';
import type { ParameterSpec } from '../../../shared/tensors/layout.js';
import { initParameters } from '../../../worker/models/init.js';

const kernel = (name: string): ParameterSpec => ({
  name,
  shape: [3, 3, 8, 16],
  role: 'parameter',
  init: { kind: 'heUniform', fanIn: 72, gain: 0.5 },
  decay: true,
});
const shift: ParameterSpec = { name: 'shift', shape: [4], role: 'parameter', init: { kind: 'constant', value: 0.25 }, decay: false };

test('fills He-uniform parameters within their bound and evenly, and constants with their value', (t) => {
  const flat = initParameters(createLayout([kernel('a'), shift]), 7);
  const values = flat.subarray(0, 1152);
  const bound = 0.5 * Math.sqrt(6 / 72);
  t.true(values.every((value) => Math.abs(value) <= bound));
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // The deviation of the mean square over 1152 uniforms is 2.6 % of it.
  t.true(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.11);
  t.deepEqual([...flat.subarray(1152)], [0.25, 0.25, 0.25, 0.25]);
});

test('a parameter keeps its first values when others come before it; names and seeds give others', (t) => {
  const alone = initParameters(createLayout([kernel('a')]), 7);
  const after = initParameters(createLayout([shift, kernel('b'), kernel('a')]), 7);
  t.deepEqual(after.subarray(4 + 1152), alone);
  t.notDeepEqual(after.subarray(4, 4 + 1152), alone);
  t.notDeepEqual(initParameters(createLayout([kernel('a')]), 8), alone);
});

test('gives the bytes it has always given', (t) => {
  const flat = initParameters(createLayout([kernel('a'), shift]), 7);
  t.is(createHash('sha256').update(new Uint8Array(flat.buffer)).digest('hex').slice(0, 16), '9c0c05c2aac4ed14');
});
