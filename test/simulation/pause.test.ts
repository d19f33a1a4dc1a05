// Pauses of the pure machine of a step on a virtual clock: what is in hand is finished, nothing begins, and nothing is lost.

import test from 'ava';
import { isAtRest } from '../../coordinator/step/state.js';
import { createRandom } from '../../shared/random/random.js';
import { createWorld, join, kill, run, send, type World } from './world.js';

const CONFIG = { microbatches: 8, steps: 12, lookaheadSteps: 2, partialMs: 5 };
const ALL = Array.from({ length: CONFIG.steps }, (_, i) => i + 1);

const stepsOf = (world: World): number[] => world.commits.map(({ step }) => step);
const leasesOf = (world: World): number[] => [...world.workers.values()].flatMap(({ leases }) => [...leases].flatMap(([step, held]) => (held.size > 0 ? [step] : [])));
const computedSteps = (world: World): number => Math.max(0, ...[...world.computed.keys()].map((key) => Number(key.split('/')[0])));

test('the step in hand is finished, then nothing is computed, however long the pause is', (t) => {
  const world = createWorld(CONFIG);
  for (const name of ['a', 'b', 'c']) join(world, name, 100, 0);
  run(world, 1000);
  const inHand = world.machine.committed + 1;
  send(world, { type: 'pause' }, 1000);
  t.false(isAtRest(world.machine));
  t.deepEqual([...new Set(leasesOf(world))], [inHand]);
  run(world, 600_000, () => {}, 1000);
  t.true(isAtRest(world.machine));
  t.deepEqual(leasesOf(world), []);
  t.is(world.machine.committed, inHand);
  t.is(computedSteps(world), inHand);
  t.deepEqual(world.lateReports, []);
  send(world, { type: 'continue' }, 600_000);
  t.true(run(world, 630_000, () => {}, 600_000) < Infinity);
  t.deepEqual(stepsOf(world), ALL);
  t.deepEqual(world.lateReports, []);
});

test('a pause before the first step keeps it from beginning, also for workers that come', (t) => {
  const world = createWorld(CONFIG);
  send(world, { type: 'pause' }, 0);
  t.true(isAtRest(world.machine));
  join(world, 'a', 100, 0);
  run(world, 5000);
  t.is(world.computed.size, 0);
  send(world, { type: 'continue' }, 5000);
  t.true(run(world, 60_000, () => {}, 5000) < Infinity);
});

test('a pause that is asked for twice, and over before the step in hand is done, changes nothing', (t) => {
  const world = createWorld(CONFIG);
  join(world, 'a', 100, 0);
  run(world, 350);
  for (const type of ['pause', 'pause', 'continue', 'continue'] as const) send(world, { type }, 350);
  t.true(run(world, 60_000, () => {}, 350) < Infinity);
  t.deepEqual(stepsOf(world), ALL);
  t.true([...world.computed.values()].every((count) => count === 1));
});

test('storms of pauses, deaths and births: every step once, in order, none of them begun in a pause', (t) => {
  for (let seed = 0; seed < 100; seed++) {
    const world = createWorld(CONFIG);
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'pauses' });
    let born = 0;
    let mayCommit = Infinity;
    const tookMs = run(world, 400_000, (nowMs) => {
      t.true(computedSteps(world) <= mayCommit, `seed ${seed}: step ${computedSteps(world)} was computed in a pause after ${mayCommit}`);
      if (isAtRest(world.machine)) t.deepEqual(leasesOf(world), [], `seed ${seed}`);
      const names = [...world.workers.keys()];
      if (names.length < 4 && random.chance(0.05)) join(world, `w${born++}`, 50 + random.int(200), nowMs);
      if (names.length > 1 && random.chance(0.03)) kill(world, names[random.int(names.length)]!, nowMs);
      if (!random.chance(0.1)) return;
      send(world, { type: random.chance(0.5) ? 'pause' : 'continue' }, nowMs);
      mayCommit = world.machine.pausedAfter ?? Infinity;
    });
    t.true(tookMs < Infinity, `seed ${seed} did not end`);
    t.deepEqual(stepsOf(world), ALL, `seed ${seed}`);
  }
});
