import test from 'ava';
import { createTreeSumReducer } from '../../../../coordinator/step/reducers/tree-sum.js';

const LENGTH = 10;
const CHUNK = 4;
const leaf = (index: number): Float32Array => Float32Array.from({ length: LENGTH }, (_, i) => Math.fround(0.1 * (index + 1) * (i + 1)));
const chunksOf = (values: Float32Array): [number, Float32Array][] => [0, 4, 8].map((offset) => [offset, values.slice(offset, offset + CHUNK)]);

function create(microbatches: number) {
  const order: number[] = [];
  const reducer = createTreeSumReducer({
    microbatches, sum: new Float32Array(LENGTH).fill(NaN), chunkLength: CHUNK, onReduced: (offset) => order.push(offset),
  });
  return { reducer, order };
}

test('a chunk of the sum goes out as soon as all its parts are in, and microbatches are complete with their last chunk', (t) => {
  const { reducer, order } = create(2);
  const [first, second, third] = chunksOf(leaf(0));
  t.deepEqual(reducer.add({ level: 0, index: 0 }, ...first!), []);
  t.deepEqual(reducer.add({ level: 0, index: 0 }, ...second!), []);
  for (const chunk of chunksOf(leaf(1)).slice(0, 2)) reducer.add({ level: 0, index: 1 }, ...chunk);
  t.deepEqual(order, [0, 4]);
  t.false(reducer.isComplete);
  t.deepEqual(reducer.add({ level: 0, index: 0 }, ...third!), [0]);
  t.deepEqual(reducer.add({ level: 0, index: 1 }, ...chunksOf(leaf(1))[2]!), [1]);
  t.true(reducer.isComplete);
  t.deepEqual(reducer.sum, leaf(0).map((value, i) => Math.fround(value + leaf(1)[i]!)));
});

test('a sender that dies between chunks is completed by another, with the same bits', (t) => {
  const whole = create(3).reducer;
  const mended = create(3).reducer;
  for (const index of [0, 1, 2]) for (const chunk of chunksOf(leaf(index))) whole.add({ level: 0, index }, ...chunk);
  // The first sender had summed 0 and 1; the second one sends them one by one, and all of it.
  const pair = leaf(0).map((value, i) => Math.fround(value + leaf(1)[i]!));
  mended.add({ level: 1, index: 0 }, ...chunksOf(pair)[0]!);
  for (const index of [2, 1, 0]) for (const chunk of chunksOf(leaf(index))) mended.add({ level: 0, index }, ...chunk);
  t.true(mended.isComplete);
  t.deepEqual(mended.sum, whole.sum);
  for (const index of [0, 1, 2]) t.true(mended.isCovered(index));
});

test('a part that overlaps what is in is dropped, and its microbatches stay incomplete', (t) => {
  const { reducer } = create(2);
  for (const chunk of chunksOf(leaf(1))) reducer.add({ level: 0, index: 1 }, ...chunk);
  for (const chunk of chunksOf(leaf(0))) t.is(reducer.add({ level: 1, index: 0 }, ...chunk), undefined);
  t.false(reducer.isCovered(0));
  t.false(reducer.isComplete);
});

test('chunks that do not lie on the grid are refused', (t) => {
  const { reducer } = create(2);
  for (const [node, offset, length] of [[0, 1, 4], [0, 0, 3], [0, 12, 4], [2, 0, 4], [0, 8, 4]] as const) {
    t.throws(() => reducer.add({ level: 0, index: node }, offset, new Float32Array(length)), { instanceOf: RangeError });
  }
});
