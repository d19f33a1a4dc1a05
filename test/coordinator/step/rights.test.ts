// What a worker may send of its work, and what not.

import test from 'ava';
import { createWorkRights, type WorkRights } from '../../../coordinator/step/rights.js';

const LENGTH = 10;

/** Leases of step 1, and the microbatches of them that are counted. */
function createRights(leased: readonly number[], counted: readonly number[] = []): WorkRights {
  const rights = createWorkRights({ microbatches: 6, gradientLength: LENGTH });
  rights.grant({ step: 1, microbatches: leased });
  for (const microbatch of counted) rights.useLease(1, microbatch);
  return rights;
}

function give(rights: WorkRights, [level, index]: readonly [number, number], chunks: readonly number[] = [LENGTH], step = 1): void {
  let offset = 0;
  for (const length of chunks) {
    rights.takeChunk({ type: 'partial', step, level, index, offset, total: LENGTH }, length);
    offset += length;
  }
}

test('a lease is used once; another one of the same microbatch counts again', (t) => {
  const rights = createRights([2]);
  t.true(rights.hasLease(1, 2));
  rights.useLease(1, 2);
  t.false(rights.hasLease(1, 2));
  t.throws(() => rights.useLease(1, 2), { message: /was not leased to it/ });
  rights.grant({ step: 1, microbatches: [2] });
  t.notThrows(() => rights.useLease(1, 2));
});

test('nothing else can be computed: another microbatch, another step, any number', (t) => {
  const rights = createRights([2]);
  for (const [step, microbatch] of [[1, 3], [2, 2], [1, 2 ** 40]] as const) t.throws(() => rights.useLease(step, microbatch));
});

test('a sum is sent once, after the counts of all its leaves, chunk after chunk', (t) => {
  const rights = createRights([0, 1, 2, 3], [0, 1, 2]);
  t.throws(() => give(rights, [2, 0]), { message: /microbatch 3 came before its counts/ });
  const other = createRights([0, 1], [0, 1]);
  give(other, [1, 0], [4, 4, 2]);
  t.throws(() => give(other, [0, 0]), { message: /came before its counts/ });
});

test('a sum that does not reach to the tree\'s end is the last node of its level', (t) => {
  const rights = createRights([4, 5], [4, 5]);
  t.notThrows(() => give(rights, [2, 1]));
});

const WRONG: Record<string, readonly [readonly [number, number], readonly number[]]> = {
  'a node above the root': [[4, 0], [LENGTH]],
  'a level that no number has room for': [[30, 0], [LENGTH]],
  'a node beyond the last microbatch': [[1, 3], [LENGTH]],
  'an empty chunk': [[0, 0], [0]],
  'a chunk beyond the end': [[0, 0], [LENGTH + 1]],
};

for (const [what, [node, chunks]] of Object.entries(WRONG)) {
  test(`${what} is refused`, (t) => {
    t.throws(() => give(createRights([0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]), node, chunks));
  });
}

test('chunks of two sums do not mix, and none begins in the middle', (t) => {
  const rights = createRights([0, 1], [0, 1]);
  rights.takeChunk({ type: 'partial', step: 1, level: 0, index: 0, offset: 0, total: LENGTH }, 4);
  t.throws(() => rights.takeChunk({ type: 'partial', step: 1, level: 0, index: 1, offset: 0, total: LENGTH }, 4), { message: /out of order/ });
  t.throws(() => rights.takeChunk({ type: 'partial', step: 1, level: 0, index: 0, offset: 8, total: LENGTH }, 2), { message: /out of order/ });
  t.throws(() => createRights([0], [0]).takeChunk({ type: 'partial', step: 1, level: 0, index: 0, offset: 4, total: LENGTH }, 4), { message: /out of order/ });
  t.throws(() => createRights([0], [0]).takeChunk({ type: 'partial', step: 1, level: 0, index: 0, offset: 0, total: 12 }, 4), { message: /expected 10/ });
});

test('sums of a step that the worker has applied may still come, no more of them than it has computed', (t) => {
  const rights = createRights([0, 1, 2], [0, 1]);
  rights.closeStep(1);
  t.throws(() => rights.useLease(1, 2));
  give(rights, [0, 0]);
  give(rights, [0, 1]);
  t.throws(() => give(rights, [0, 0]), { message: /more than it has computed/ });
});
