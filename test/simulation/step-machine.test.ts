// The pure machine of a step on a virtual clock: workers that die, hang, crawl, come late; messages in any order.

import test from 'ava';
import { createRandom, type Random } from '../../shared/random/random.js';
import { createWorld, join, kill, run, send, type World } from './world.js';

const CONFIG = { microbatches: 8, steps: 6, lookaheadSteps: 2, partialMs: 5 };

const stepsOf = (world: World): number[] => world.commits.map(({ step }) => step);
const inOrder = (steps: number): number[] => Array.from({ length: steps }, (_, i) => i + 1);

test('every step is committed once, in order, by one worker or by five', (t) => {
  for (const numWorkers of [1, 2, 5]) {
    const world = createWorld(CONFIG);
    for (let i = 0; i < numWorkers; i++) join(world, `w${i}`, 100, 0);
    t.true(run(world, 60_000) < Infinity);
    t.deepEqual(stepsOf(world), inOrder(CONFIG.steps));
  }
});

test('nothing is granted, and nothing ends, while no worker is there', (t) => {
  const world = createWorld(CONFIG);
  t.is(run(world, 10_000), Infinity);
  t.deepEqual(stepsOf(world), []);
  join(world, 'late', 100, 10_000);
  t.true(run(world, 60_000, () => {}, 10_000) < Infinity);
});

test('leases of a dead worker go to the others at once', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'a', 100, 0);
  join(world, 'b', 100, 0);
  run(world, 150);
  kill(world, 'b', 150);
  const a = world.workers.get('a')!;
  const held = [...(a.leases.get(1) ?? []), ...a.inTree, ...(a.current ? [a.current.microbatch] : [])];
  t.deepEqual(held.length + world.covered.size, CONFIG.microbatches);
  t.true(run(world, 60_000) < Infinity);
  t.deepEqual(stepsOf(world), inOrder(CONFIG.steps));
});

test('a worker that hangs in mid-step is helped after an adaptive time, and named', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'good', 100, 0);
  join(world, 'hung', 100, 0);
  const tookMs = run(world, 60_000, (nowMs) => {
    if (nowMs === 300) world.workers.get('hung')!.isHung = true;
  });
  t.true(tookMs < 30_000, `took ${tookMs} ms`);
  t.true(world.lateReports.includes('hung'));
  t.false(world.lateReports.includes('good'));
});

for (const microbatches of [1, 2, 8]) {
  test(`a worker that hangs in its very first microbatch, of ${microbatches} a step, holds nothing up for ever`, (t) => {
    const world = createWorld({ ...CONFIG, microbatches });
    join(world, 'hung', 100, 0);
    world.workers.get('hung')!.isHung = true;
    join(world, 'good', 100, 0);
    t.true(run(world, 400_000) < Infinity);
    t.deepEqual(stepsOf(world), inOrder(CONFIG.steps));
    t.true(world.lateReports.includes('hung'));
  });
}

test('a worker that was late is given work again once it shows life', (t) => {
  const world = createWorld({ ...CONFIG, steps: 30 });
  join(world, 'good', 100, 0);
  join(world, 'napping', 100, 0);
  run(world, 20_000, (nowMs) => {
    const napping = world.workers.get('napping')!;
    if (nowMs === 300) napping.isHung = true;
    if (nowMs !== 8000) return;
    napping.isHung = false;
    send(world, { type: 'alive', worker: 'napping' }, nowMs);
  });
  t.deepEqual(world.lateReports, ['napping']);
  t.false(world.machine.workers.get('napping')!.isStalled);
  t.true(world.isFinished);
});

test('a worker five times slower is given less, and no deadline has to be guessed', (t) => {
  const world = createWorld({ ...CONFIG, steps: 30 });
  join(world, 'fast', 100, 0);
  join(world, 'slow', 500, 0);
  const tookMs = run(world, 120_000);
  // Alone, the fast one would need 8 * 100 ms a step; together they must beat that.
  t.true(tookMs < 30 * 800, `took ${tookMs} ms`);
  t.deepEqual(world.lateReports, []);
});

test('a worker that joins in mid-step gets work of that step', (t) => {
  const world = createWorld({ ...CONFIG, microbatches: 16 });
  join(world, 'first', 100, 0);
  run(world, 200);
  join(world, 'second', 100, 250);
  t.is(world.machine.committed, 0);
  t.true((world.workers.get('second')!.leases.get(1)?.size ?? 0) > 0);
});

function createStorm(world: World, random: Random): (nowMs: number) => void {
  let born = 0;
  return (nowMs) => {
    if (nowMs > 20_000) {
      if (world.workers.size === 0) join(world, `last${born++}`, 100, nowMs);
      for (const worker of world.workers.values()) worker.isHung = worker.isHung && world.workers.size > 1;
      return;
    }
    const names = [...world.workers.keys()];
    if (random.chance(0.05)) join(world, `w${born++}`, 50 + random.int(400), nowMs);
    if (names.length > 0 && random.chance(0.04)) kill(world, names[random.int(names.length)]!, nowMs);
    if (names.length > 0 && random.chance(0.02)) world.workers.get(names[random.int(names.length)]!)?.leases.clear();
    const hung = world.workers.get(names[random.int(Math.max(1, names.length))] ?? '');
    if (hung && random.chance(0.01)) hung.isHung = true;
  };
}

test('two hundred storms of deaths, births, hangs and lost leases: every step once, in order, and always an end', (t) => {
  for (let seed = 0; seed < 200; seed++) {
    const world = createWorld({ ...CONFIG, steps: 12 });
    const storm = createStorm(world, createRandom({ seed, epoch: 0, sample: 0, purpose: 'storm' }));
    // A worker that lost its leases looks hung until the deadline; one that stays hung alone is replaced by a fresh one.
    const tookMs = run(world, 400_000, (nowMs) => {
      storm(nowMs);
      if (nowMs > 20_000 && nowMs % 10_000 === 0) {
        for (const worker of [...world.workers.values()]) kill(world, worker.name, nowMs);
      }
    });
    t.true(tookMs < Infinity, `seed ${seed} did not end`);
    t.deepEqual(stepsOf(world), inOrder(12), `seed ${seed}`);
  }
});

test('what a worker has computed already is not taken from it, though its sum is not here yet', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'a', 100, 0);
  for (const microbatch of [0, 1, 2, 3, 4, 5]) send(world, { type: 'progress', worker: 'a', step: 1, microbatch, ms: 100 }, 100);
  join(world, 'b', 100, 100);
  t.deepEqual([...world.workers.get('b')!.leases.get(1)!], [7]);
});

test('a sum that overlaps another goes back to be computed again, also by a worker alone', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'a', 100, 0);
  for (let microbatch = 0; microbatch < 8; microbatch++) send(world, { type: 'progress', worker: 'a', step: 1, microbatch, ms: 100 }, 100);
  send(world, { type: 'done', step: 1, microbatch: 3 }, 100);
  world.workers.get('a')!.leases.clear();
  send(world, { type: 'returned', worker: 'a', step: 1, microbatches: [0, 1, 2] }, 100);
  t.deepEqual([...world.workers.get('a')!.leases.get(1)!], [0, 1, 2]);
});

test('results that arrive twice, for closed steps or from strangers change nothing', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'a', 100, 0);
  send(world, { type: 'done', step: 1, microbatch: 3 }, 0);
  const before = world.machine;
  send(world, { type: 'done', step: 1, microbatch: 3 }, 1);
  send(world, { type: 'done', step: 99, microbatch: 0 }, 1);
  send(world, { type: 'journaled', step: 5 }, 1);
  t.deepEqual(world.machine, before);
});
