import test from 'ava';
import { chooseResources, measureMachine } from '../../../worker/data/resources.js';

const GIGABYTE = 2 ** 30;

test('two cores decode two files at once and draw puzzles on one thread', (t) => {
  t.like(chooseResources({ cores: 2, memoryBytes: 8 * GIGABYTE }), { decodes: 2, augmentThreads: 1, frameCacheBytes: GIGABYTE });
  t.like(chooseResources({ cores: 1, memoryBytes: GIGABYTE }), { decodes: 2, augmentThreads: 1 });
});

test('a larger machine gives a worker more, and several workers share it', (t) => {
  const machine = { cores: 32, memoryBytes: 64 * GIGABYTE };
  t.like(chooseResources(machine), { decodes: 32, augmentThreads: 16, frameCacheBytes: 8 * GIGABYTE });
  t.like(chooseResources(machine, 8), { decodes: 4, augmentThreads: 2, frameCacheBytes: GIGABYTE });
  t.like(chooseResources(machine, 100), { decodes: 2, augmentThreads: 1 });
});

test('every machine gives whole, positive numbers', (t) => {
  for (const value of Object.values(chooseResources(measureMachine(), 3))) t.true(Number.isSafeInteger(value) && value > 0);
});
