import test from 'ava';
import type { LeasedMicrobatch } from '../../../shared/protocol/messages.js';
import type { LeasedBatch } from '../../../worker/data/leased-batch.js';
import { createPrefetcher, type Prefetcher } from '../../../worker/data/prefetcher.js';

const leaseOf = (index: number): LeasedMicrobatch => ({ index, samples: [], excluded: [] });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Bench {
  readonly prefetcher: Prefetcher;
  /** Microbatches whose preparation began, in order. */
  readonly begun: number[];
  readonly released: number[];
  readonly numReady: () => number;
  /** Ends the preparation of a microbatch. */
  readonly finish: (index: number, error?: Error) => Promise<void>;
}

/** A prefetcher whose preparations end when the test says so. */
function createBench(limit: number): Bench {
  const begun: number[] = [];
  const released: number[] = [];
  const pending = new Map<number, { resolve: (batch: LeasedBatch) => void; reject: (error: Error) => void }>();
  let numReady = 0;
  const prefetcher = createPrefetcher(({ index }) => {
    begun.push(index);
    return new Promise((resolve, reject) => pending.set(index, { resolve, reject }));
  }, limit, () => { numReady += 1; });
  return {
    prefetcher, begun, released,
    numReady: () => numReady,
    finish(index, error) {
      if (error) pending.get(index)!.reject(error);
      else {
        pending.get(index)!.resolve({
          arrays: { inputs: Float32Array.of(index) }, weights: new Float32Array(1), instances: new Int32Array(1), unusable: [], samples: [`sample ${index}`],
          release: () => released.push(index),
        });
      }
      return settle();
    },
  };
}

test('what is computed first is prepared first, whatever the order of the leases', async (t) => {
  const { prefetcher, begun, finish } = createBench(1);
  prefetcher.add(1, leaseOf(9));
  prefetcher.add(2, leaseOf(1));
  for (const index of [5, 3, 4]) prefetcher.add(1, leaseOf(index));
  t.deepEqual(begun, [9]);
  for (const [step, index] of [[1, 9], [1, 3], [1, 4], [1, 5], [2, 1]] as const) {
    t.is(begun.at(-1), index);
    await finish(index);
    prefetcher.take(step, index)!.release();
  }
  t.deepEqual(begun, [9, 3, 4, 5, 1]);
});

test('batches of later steps make way for an earlier one that finds no room, the latest first, and are prepared again', async (t) => {
  const { prefetcher, begun, released, finish } = createBench(2);
  for (const index of [7, 8, 9]) prefetcher.add(2, leaseOf(index));
  await finish(7);
  await finish(8);
  prefetcher.add(1, leaseOf(1));
  t.deepEqual([begun, released], [[7, 8, 1], [8]]);
  prefetcher.add(1, leaseOf(3));
  t.deepEqual([begun, released], [[7, 8, 1, 3], [8, 7]]);
  for (const index of [1, 3]) {
    await finish(index);
    prefetcher.take(1, index)!.release();
  }
  t.deepEqual(begun, [7, 8, 1, 3, 7, 8]);
});

test('what is in preparation keeps its room until it is ready, then it makes way', async (t) => {
  const { prefetcher, begun, released, finish } = createBench(1);
  prefetcher.add(2, leaseOf(7));
  prefetcher.add(1, leaseOf(1));
  t.deepEqual(begun, [7]);
  await finish(7);
  t.deepEqual([begun, released], [[7, 1], [7]]);
});

test('what is ready is computed before a lower microbatch that is not', async (t) => {
  const { prefetcher, finish } = createBench(3);
  for (const index of [0, 1, 2]) prefetcher.add(1, leaseOf(index));
  t.is(prefetcher.next(1), 0);
  await finish(2);
  t.is(prefetcher.next(1), 2);
  await finish(1);
  t.is(prefetcher.next(1), 1);
});

test('what fills the room is computed before a lower microbatch of its step that came later and finds none', async (t) => {
  const { prefetcher, begun, finish } = createBench(2);
  for (const index of [4, 5]) prefetcher.add(1, leaseOf(index));
  for (const index of [0, 1]) prefetcher.add(1, leaseOf(index));
  const computed: number[] = [];
  for (let next = prefetcher.next(1); next !== undefined; next = prefetcher.next(1)) {
    await finish(next);
    prefetcher.take(1, next)!.release();
    computed.push(next);
  }
  t.deepEqual(computed, [4, 0, 1, 5]);
  t.deepEqual(begun, [4, 5, 0, 1]);
});

test('batches in preparation and batches not yet released count against the bound', async (t) => {
  const { prefetcher, begun, finish, released } = createBench(2);
  for (let index = 0; index < 5; index++) prefetcher.add(1, leaseOf(index));
  t.deepEqual(begun, [0, 1]);
  await finish(0);
  const batch = prefetcher.take(1, 0)!;
  await settle();
  t.deepEqual(begun, [0, 1]);
  t.deepEqual([...batch.arrays['inputs']!], [0]);
  batch.release();
  t.deepEqual(released, [0]);
  t.deepEqual(begun, [0, 1, 2]);
});

test('a batch is there once it is ready, once only, and its waiter is told', async (t) => {
  const { prefetcher, finish, numReady } = createBench(2);
  prefetcher.add(1, leaseOf(3));
  prefetcher.add(1, leaseOf(1));
  t.is(prefetcher.next(1), 1);
  t.is(prefetcher.next(2), undefined);
  t.is(prefetcher.take(1, 1), undefined);
  await finish(1);
  t.is(numReady(), 1);
  t.deepEqual([...prefetcher.take(1, 1)!.samples], ['sample 1']);
  t.is(prefetcher.take(1, 1), undefined);
  t.false(prefetcher.has(1, 1));
  t.is(prefetcher.next(1), 3);
});

test('a lease that comes twice is prepared once', async (t) => {
  const { prefetcher, begun } = createBench(4);
  prefetcher.add(1, leaseOf(0));
  prefetcher.add(1, leaseOf(0));
  await settle();
  t.deepEqual(begun, [0]);
});

test('dropped leases give their buffers back, ready or still in preparation, and make room', async (t) => {
  const { prefetcher, begun, released, finish, numReady } = createBench(2);
  for (const index of [0, 1, 2, 3]) prefetcher.add(1, leaseOf(index));
  await finish(0);
  prefetcher.remove(1, 0);
  t.deepEqual(released, [0]);
  t.deepEqual(begun, [0, 1, 2]);
  prefetcher.remove(1, 1);
  t.deepEqual(begun, [0, 1, 2]);
  await finish(1);
  t.deepEqual(released, [0, 1]);
  t.deepEqual(begun, [0, 1, 2, 3]);
  t.is(numReady(), 1);
});

test('steps that are over are dropped, later ones stay; clear drops all', async (t) => {
  const { prefetcher, released, finish } = createBench(6);
  for (const step of [1, 2, 3]) prefetcher.add(step, leaseOf(step));
  for (const index of [1, 2, 3]) await finish(index);
  prefetcher.dropUpTo(2);
  t.deepEqual(released, [1, 2]);
  t.true(prefetcher.has(3, 3));
  prefetcher.clear();
  t.deepEqual(released, [1, 2, 3]);
  t.is(prefetcher.next(3), undefined);
});

test('what a preparation threw is thrown to whoever takes the batch, and holds no room', async (t) => {
  const { prefetcher, begun, finish, numReady } = createBench(1);
  prefetcher.add(1, leaseOf(0));
  await finish(0, new Error('no ffmpeg'));
  t.is(numReady(), 1);
  t.throws(() => prefetcher.take(1, 0), { message: 'no ffmpeg' });
  prefetcher.add(1, leaseOf(1));
  t.deepEqual(begun, [0, 1]);
});
