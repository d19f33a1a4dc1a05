// How many partial sums a step moves, and how long it takes beside a step that is shared out evenly to the last microbatch.

import test, { type ExecutionContext } from 'ava';
import { createRandom } from '../../shared/random/random.js';
import { countSubtrees } from '../../shared/tensors/tree-sum.js';
import { createWorld, join, kill, run, type World } from './world.js';

const MICROBATCHES = 64;
const CONFIG = { microbatches: MICROBATCHES, steps: 30, lookaheadSteps: 2, partialMs: 10 };

/** Steps until every worker is measured, and those leased before that are over. */
const SETTLED = 4;

function createNoisyWorld(seed: number, jitter: number): World {
  return createWorld(CONFIG, createRandom({ seed, epoch: 0, sample: 0, purpose: 'jitter' }), jitter);
}

function numPartials(world: World, fromStep: number): number[] {
  return [...world.partials].filter(([step]) => step >= fromStep).map(([, count]) => count);
}

function expectEnd(t: ExecutionContext, world: World, tookMs: number): void {
  t.true(tookMs < Infinity);
  t.deepEqual(world.commits.map(({ step }) => step), Array.from({ length: CONFIG.steps }, (_, i) => i + 1));
  t.deepEqual(world.lateReports, []);
}

/** Virtual milliseconds of a step when nobody is ever idle. */
function leastMs(times: readonly number[]): number {
  return MICROBATCHES / times.reduce((sum, ms) => sum + 1 / ms, 0);
}

for (const numWorkers of [1, 2, 4, 8]) {
  test(`${numWorkers} workers of like speed move ${numWorkers} sums a step, from the first step on`, (t) => {
    for (let seed = 0; seed < 3; seed++) {
      const world = createNoisyWorld(seed, 0.1);
      for (let i = 0; i < numWorkers; i++) join(world, `w${i}`, 100, 0);
      const tookMs = run(world, 1e6);
      expectEnd(t, world, tookMs);
      // Where one falls behind by more than a microbatch, another takes a part of its subtree.
      const counts = numPartials(world, 1);
      t.true(counts.filter((count) => count === numWorkers).length >= 0.9 * CONFIG.steps, `seed ${seed}: ${counts.join(' ')}`);
      t.true(Math.max(...counts) <= numWorkers + 5, `seed ${seed}: ${counts.join(' ')}`);
      t.true(tookMs < CONFIG.steps * leastMs(Array<number>(numWorkers).fill(100)) * 1.15);
    }
  });
}

const UNEVEN = [
  { name: 'three of like speed', times: [100, 100, 100], most: 13 },
  { name: 'speeds of 1, 2 and 3', times: [300, 150, 100], most: 10 },
  { name: 'one four times slower than three', times: [100, 100, 100, 400], most: 14 },
];

for (const { name, times, most } of UNEVEN) {
  test(`${name}: at most ${most} sums a step, and hardly longer than evenly shared`, (t) => {
    for (let seed = 0; seed < 3; seed++) {
      const world = createNoisyWorld(seed, 0.1);
      times.forEach((ms, i) => join(world, `w${i}`, ms, 0));
      const tookMs = run(world, 1e6);
      expectEnd(t, world, tookMs);
      const counts = numPartials(world, SETTLED);
      t.true(Math.max(...counts) <= most, `seed ${seed}: ${counts.join(' ')}`);
      t.true(tookMs < CONFIG.steps * leastMs(times) * 1.12, `seed ${seed}: ${tookMs} ms`);
    }
  });
}

test('sums that are dear to move are few, at the price of balance', (t) => {
  const countOf = (partialMs: number): number => {
    const world = createWorld({ ...CONFIG, partialMs });
    for (let i = 0; i < 3; i++) join(world, `w${i}`, 100, 0);
    run(world, 1e6);
    return Math.max(...numPartials(world, SETTLED));
  };
  t.is(countOf(200), 5);
  t.is(countOf(2000), 3);
  t.true(countOf(0) > 6);
});

test('a worker that joins late takes whole subtrees at once, of the step in progress and of those leased ahead', (t) => {
  const world = createNoisyWorld(1, 0.1);
  join(world, 'early', 100, 0);
  let isLateHere = false;
  const tookMs = run(world, 1e6, (nowMs) => {
    if (isLateHere || world.machine.committed < 3) return;
    isLateHere = true;
    join(world, 'late', 100, nowMs);
    for (const step of [4, 5, 6]) {
      const taken = [...world.workers.get('late')!.leases.get(step)!];
      t.is(countSubtrees(taken, MICROBATCHES), 1, `step ${step}`);
      t.is(taken.length, 32);
    }
  });
  expectEnd(t, world, tookMs);
  t.deepEqual(numPartials(world, 1), [1, 1, 1, ...Array<number>(CONFIG.steps - 3).fill(2)]);
});

test('a death in mid-step costs a few sums in that step and in those leased ahead, no more', (t) => {
  const world = createNoisyWorld(2, 0.1);
  for (const name of ['a', 'b', 'c', 'd']) join(world, name, 100, 0);
  let deadAt = 0;
  const tookMs = run(world, 1e6, (nowMs) => {
    const { current } = world.workers.get('d') ?? {};
    if (deadAt > 0 || current?.step !== 8 || current.microbatch % 16 < 7) return;
    deadAt = 8;
    kill(world, 'd', nowMs);
  });
  expectEnd(t, world, tookMs);
  t.is(deadAt, 8);
  for (const [step, count] of world.partials) {
    if (step < 8) t.is(count, 4, `step ${step}`);
    else t.true(count <= 16, `step ${step}: ${count}`);
  }
  // What the dead one had summed and not sent was computed again; nothing else was.
  const again = [...world.computed].filter(([, times]) => times > 1).map(([key]) => key);
  t.true(again.length <= 16);
  t.true(again.every((key) => key.startsWith('8/')), again.join());
});
