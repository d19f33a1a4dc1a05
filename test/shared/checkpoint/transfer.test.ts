import test, { type ExecutionContext } from 'ava';
import { transferTrunk, type TargetArray } from '../../../shared/checkpoint/transfer.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { NamedArray } from '../../../shared/tensors/safetensors.js';

const NAMES = ['trunk/stem/kernel', 'trunk/stage1/kernel', 'trunk/stage1/conv2/mean', 'trunk/stage2/kernel', 'trunk/norm/scale', 'head/kernel'];
const LENGTH = 2;
const target: readonly TargetArray[] = NAMES.map((name, i) => ({ name, shape: [LENGTH], offset: i * LENGTH }));
const stored = (...names: string[]): NamedArray[] => names.map((name, i) => ({ name, shape: [LENGTH], values: Float32Array.of(10 + i, 20 + i) }));
const firstValues = (): Float32Array => new Float32Array(NAMES.length * LENGTH).fill(-1);

function errorOf(t: ExecutionContext, arrays: readonly NamedArray[], blocks?: number): PretextError {
  const values = firstValues();
  const error = t.throws(() => transferTrunk(values, target, arrays, { blocks, from: 'x.safetensors' }), { instanceOf: PretextError });
  t.deepEqual(values, firstValues());
  return error;
}

test('the whole trunk is taken, heads and optimizer state are not', (t) => {
  const values = firstValues();
  const report = transferTrunk(values, target, stored(...NAMES, 'optimizer/velocity/trunk/stem/kernel'), { from: 'x' });
  t.deepEqual([...values], [10, 20, 11, 21, 12, 22, 13, 23, 14, 24, -1, -1]);
  t.deepEqual(report, {
    taken: NAMES.slice(0, 5), left: ['head/kernel'], unused: ['head/kernel', 'optimizer/velocity/trunk/stem/kernel'],
  });
});

test('the first blocks are what comes before the next one', (t) => {
  const values = firstValues();
  const { taken, left } = transferTrunk(values, target, stored(...NAMES), { from: 'x', blocks: 1 });
  t.deepEqual(taken, NAMES.slice(0, 3));
  t.deepEqual(left, NAMES.slice(3));
  t.deepEqual([...values.subarray(6)], Array.from({ length: 6 }, () => -1));
  t.deepEqual(transferTrunk(firstValues(), target, stored(...NAMES), { from: 'x', blocks: 2 }).taken, NAMES.slice(0, 5));
});

test('what is wrong behind the blocks that are taken does not matter', (t) => {
  t.notThrows(() => transferTrunk(firstValues(), target, stored(...NAMES.slice(0, 3)), { from: 'x', blocks: 1 }));
});

test('more blocks than there are is refused', (t) => {
  const error = errorOf(t, stored(...NAMES), 3);
  t.is(error.code, 'BAD_RECIPE');
  t.regex(error.message, /at most the 2 blocks of the trunk, given 3/);
});

test('every array that is missing or of another shape is listed, and nothing is taken', (t) => {
  const odd: NamedArray = { name: 'trunk/stage2/kernel', shape: [1, 3], values: new Float32Array(3) };
  const error = errorOf(t, [...stored(...NAMES.slice(0, 3)), odd]);
  t.is(error.code, 'BAD_STATE');
  t.deepEqual(error.message.split('\n  '), [
    '"x.safetensors" is of another trunk:',
    'trunk/stage2/kernel: expected [2], given [1, 3]',
    'trunk/norm/scale: expected [2], given nothing',
  ]);
});

test('heads come along where they are asked for, names and shapes being the same; without any that fits the reason is said', (t) => {
  const heads: readonly TargetArray[] = [...target, { name: 'head/class/bias', shape: [3], offset: NAMES.length * LENGTH }];
  const values = new Float32Array(NAMES.length * LENGTH + 3).fill(-1);
  const { taken, left } = transferTrunk(values, heads, stored(...NAMES, 'head/class/bias'), { from: 'x', heads: true });
  t.deepEqual(taken, NAMES);
  t.deepEqual(left, ['head/class/bias']);
  t.deepEqual([...values.subarray(10)], [15, 25, -1, -1, -1]);
  const error = t.throws(() => transferTrunk(firstValues(), target, stored(...NAMES.slice(0, 5)), { from: 'x', heads: true }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_RECIPE');
  t.is(error.message, 'init.heads: "x" has no array of the head that fits:\n  head/kernel: expected [2], given nothing');
});

test('an array of no trunk is taken where the target says that it is inherited, and must be there', (t) => {
  const heir = target.map((array) => (array.name === 'head/kernel' ? { ...array, inherited: true } : array));
  const values = firstValues();
  t.deepEqual(transferTrunk(values, heir, stored(...NAMES), { from: 'x', blocks: 1 }).taken, [...NAMES.slice(0, 3), 'head/kernel']);
  t.deepEqual([...values.subarray(10)], [15, 25]);
  const error = t.throws(() => transferTrunk(values, heir, stored(...NAMES.slice(0, 5)), { from: 'x' }), { instanceOf: PretextError });
  t.regex(error.message, /head\/kernel: expected \[2\], given nothing/);
});
