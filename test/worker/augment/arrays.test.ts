// The arrays of a microbatch on shared memory.

import test from 'ava';
import { createArrays, createArraysPool } from '../../../worker/augment/arrays.js';
import { sliceSample } from '../../../worker/augment/prepare-samples.js';
import type { Puzzle } from '../../../worker/tasks/task.js';

const puzzle: Puzzle = {
  needs: { media: 'image' },
  arrays: {
    picture: { type: 'uint8', shape: [2, 2, 3] },
    turn: { type: 'int32', shape: [1] },
    target: { type: 'float32', shape: [3, 2] },
    alone: { type: 'float32', shape: [] },
  },
  terms: [],
  metrics: {},
  draw: () => false,
  state: () => [],
};

test('every array has its type and the room of its samples, all zero and on shared memory', (t) => {
  const { arrays, weights } = createArrays(puzzle, 5);
  const { picture, turn, target, alone } = arrays;
  t.true(picture instanceof Uint8Array && turn instanceof Int32Array && target instanceof Float32Array);
  t.deepEqual([picture, turn, target, alone, weights].map((array) => array!.length), [60, 5, 30, 5, 5]);
  for (const array of [...Object.values(arrays), weights]) {
    t.true(array.buffer instanceof SharedArrayBuffer);
    t.true(array.every((value) => value === 0));
  }
});

test('a sample\'s slice is its part of each array, and writes through', (t) => {
  const { arrays } = createArrays(puzzle, 3);
  for (let slot = 0; slot < 3; slot++) {
    const slice = sliceSample(arrays, slot, 3);
    t.deepEqual(Object.fromEntries(Object.entries(slice).map(([name, array]) => [name, array.length])), { picture: 12, turn: 1, target: 6, alone: 1 });
    for (const array of Object.values(slice)) array.fill(slot + 1);
  }
  for (const array of Object.values(arrays)) {
    const length = array.length / 3;
    t.deepEqual([...array], Array.from({ length: array.length }, (_, i) => Math.floor(i / length) + 1));
  }
});

test('arrays that are given back are taken again by a microbatch of their size, once', (t) => {
  const pool = createArraysPool(puzzle);
  const [first, other] = [pool.take(4), pool.take(2)];
  pool.give(first);
  pool.give(first);
  pool.give(other);
  t.is(pool.take(4).weights, first.weights);
  t.not(pool.take(4).weights, first.weights);
  t.is(pool.take(2).arrays, other.arrays);
});
