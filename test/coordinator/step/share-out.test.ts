import test from 'ava';
import { divide, shareOut, timeEvenly, type Hand, type ShareOutOptions } from '../../../coordinator/step/share-out.js';
import { countSubtrees } from '../../../shared/tensors/tree-sum.js';
import { freshRandom } from '../../helpers/numerics.js';

const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i);

function handOf(worker: string, ms: number, more: Partial<Hand> = {}): Hand {
  return { worker, ms, numAhead: 0, holds: [], numFree: 1, ...more };
}

function optionsOf(hands: readonly Hand[], more: Partial<ShareOutOptions> = {}): ShareOutOptions {
  return { microbatches: range(0, 64), hands, numMicrobatches: 64, partialMs: 25, floorMs: 0, ...more };
}

const runsOf = (options: ShareOutOptions): string[] =>
  shareOut(options).map(({ worker, microbatches }) => `${worker} ${microbatches[0]}-${microbatches.at(-1)}`);

test('workers of like speed get like subtrees, though their measured times differ a little', (t) => {
  const hands = [102, 97, 100, 105].map((ms, i) => handOf(`w${i}`, ms));
  t.deepEqual(runsOf(optionsOf(hands)), ['w1 0-15', 'w2 16-31', 'w0 32-47', 'w3 48-63']);
});

test('a faster worker gets more, along edges that leave few sums', (t) => {
  t.deepEqual(runsOf(optionsOf([handOf('slow', 300), handOf('fast', 100)])), ['fast 0-47', 'slow 48-63']);
});

test('the dearer a sum, the fewer', (t) => {
  const hands = ['a', 'b', 'c'].map((worker) => handOf(worker, 100));
  const numSums = (partialMs: number): number =>
    shareOut(optionsOf(hands, { partialMs })).reduce((sum, { microbatches }) => sum + countSubtrees(microbatches, 64), 0);
  t.deepEqual([0, 25, 100, 1000].map(numSums), [9, 9, 5, 3]);
});

test('a worker that is busy or far slower than the rest gets nothing', (t) => {
  t.deepEqual(runsOf(optionsOf([handOf('free', 100), handOf('busy', 100, { numAhead: 64 })])), ['free 0-63']);
  t.deepEqual(runsOf(optionsOf([handOf('quick', 1), handOf('hopeless', 1000)])), ['quick 0-63']);
});

test('what a worker gets is joined to what it has', (t) => {
  const hands = [handOf('a', 100, { holds: range(0, 6), numFree: 0 }), handOf('b', 100, { numFree: 0 })];
  t.deepEqual(divide(optionsOf(hands, { microbatches: [6, 7, 8, 9], numMicrobatches: 16 })).map(({ microbatches }) => microbatches), [[6, 7], [8, 9]]);
});

test('nothing is moved for a gain that the others would not let the step have', (t) => {
  const hands = [handOf('busy', 100, { numAhead: 1, numFree: 0 }), handOf('idle', 100, { numFree: 0 })];
  const options = optionsOf(hands, { microbatches: range(57, 64) });
  t.deepEqual(divide(options).map(({ worker }) => worker), ['busy', 'idle']);
  t.deepEqual(divide({ ...options, floorMs: 800 }).map(({ worker }) => worker), ['busy']);
});

test('evenly shared, the last is done when nobody could have been done sooner', (t) => {
  t.is(timeEvenly([{ ms: 100, numAhead: 0 }, { ms: 100, numAhead: 0 }], 3), 200);
  t.is(timeEvenly([{ ms: 100, numAhead: 2 }, { ms: 300, numAhead: 0 }], 3), 400);
});

test('every microbatch goes to exactly one worker, in order, and never later than the last of an even share by more than sums are worth', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let trial = 0; trial < 300; trial++) {
    const numMicrobatches = 1 + random.int(70);
    const microbatches = range(0, numMicrobatches).filter(() => random.chance(0.8));
    const hands = Array.from({ length: 1 + random.int(6) }, (_, i) => handOf(`w${i}`, 50 + random.int(400), { numAhead: random.int(5) }));
    const partialMs = random.int(200);
    const shares = shareOut({ microbatches, hands, numMicrobatches, partialMs, floorMs: 0 });
    t.deepEqual(shares.flatMap((share) => share.microbatches), microbatches);
    t.is(new Set(shares.map(({ worker }) => worker)).size, shares.length);
    const doneMs = Math.max(...hands.map(({ worker, ms, numAhead }) =>
      ms * (numAhead + (shares.find((share) => share.worker === worker)?.microbatches.length ?? 0))));
    t.true(doneMs <= timeEvenly(hands, microbatches.length) + partialMs * microbatches.length);
  }
});
