// The scheduler together with the prefetchers of its workers, on a virtual clock: workers of different speeds, slow first microbatches,
// late joiners, deaths, little room, lookahead 0 to 8. The run always goes on, and everybody who is there gets a fair share.

import test, { type ExecutionContext } from 'ava';
import { createRandom, type Random } from '../../shared/random/random.js';
import { createPreparation, runPrepared, type Clock } from './prepare.js';
import { createWorld, joinWith, kill, type World } from './world.js';

const MICROBATCHES = 8;
const SCHEDULES = 300;

interface Scene {
  readonly world: World;
  readonly clock: Clock;
  join(name: string, msPerMicrobatch: number, options?: { readonly firstMs?: number; readonly dataMs?: number; readonly room?: number }): void;
}

function createScene(steps: number, lookaheadSteps: number, random?: Random): Scene {
  const clock: Clock = { nowMs: 0 };
  const world = createWorld({ microbatches: MICROBATCHES, steps, lookaheadSteps, partialMs: 5 }, random);
  return {
    world, clock,
    join(name, msPerMicrobatch, { firstMs = 0, dataMs = 20, room = MICROBATCHES * Math.min(2, lookaheadSteps + 1) } = {}) {
      joinWith(world, { name, msPerMicrobatch, firstMs, data: createPreparation(clock, dataMs, room) }, clock.nowMs);
    },
  };
}

const inOrder = (steps: number): number[] => Array.from({ length: steps }, (_, i) => i + 1);

function expectEnd(t: ExecutionContext, { world }: Scene, tookMs: number, what: string): void {
  t.true(tookMs < Infinity, `${what}: stands still in step ${world.machine.committed + 1}`);
  t.deepEqual(world.commits.map(({ step }) => step), inOrder(world.machine.config.steps), what);
}

test('two of three workers are killed at any moment, with any lookahead and little room: the third finishes the run', async (t) => {
  t.timeout(120_000);
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'deaths' });
    const lookahead = random.int(9);
    const scene = createScene(12, lookahead, random);
    for (const name of ['a', 'b', 'c']) scene.join(name, 50 + random.int(100), { dataMs: random.int(200), room: 1 + random.int(8) });
    const deaths = new Map([['b', random.int(4000)], ['c', random.int(4000)]]);
    const tookMs = await runPrepared(scene.world, scene.clock, 200_000, (nowMs) => {
      for (const [name, atMs] of deaths) {
        if (nowMs < atMs) continue;
        deaths.delete(name);
        kill(scene.world, name, nowMs);
      }
    });
    expectEnd(t, scene, tookMs, `seed ${seed}, lookahead ${lookahead}`);
  }
});

test('workers of any speed come and go, with slow first microbatches and little room: every step once, in order, and an end', async (t) => {
  t.timeout(120_000);
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'storm' });
    const lookahead = random.int(9);
    const scene = createScene(10, lookahead, random);
    let born = 0;
    const bear = (): void => scene.join(`w${born++}`, 30 + random.int(300), { firstMs: random.int(3000), dataMs: random.int(400), room: 1 + random.int(12) });
    bear();
    const tookMs = await runPrepared(scene.world, scene.clock, 400_000, (nowMs) => {
      const names = [...scene.world.workers.keys()];
      if (names.length === 0 || (nowMs < 10_000 && random.chance(0.02))) bear();
      if (nowMs < 10_000 && names.length > 0 && random.chance(0.02)) kill(scene.world, names[random.int(names.length)]!, nowMs);
    });
    expectEnd(t, scene, tookMs, `seed ${seed}, lookahead ${lookahead}`);
  }
});

/** Microbatches that each worker computed in the steps from one on. */
async function sharesFrom(t: ExecutionContext, scene: Scene, step: number, disturb: (nowMs: number) => void = () => {}): Promise<Record<string, number>> {
  const before = new Map<string, number>();
  const tookMs = await runPrepared(scene.world, scene.clock, 600_000, (nowMs) => {
    disturb(nowMs);
    if (scene.world.machine.committed + 1 < step) for (const { name, numComputed } of scene.world.workers.values()) before.set(name, numComputed);
  });
  expectEnd(t, scene, tookMs, 'shares');
  return Object.fromEntries([...scene.world.workers.values()].map(({ name, numComputed }) => [name, numComputed - (before.get(name) ?? 0)]));
}

for (const lookahead of [0, 1, 2, 8]) {
  test(`a worker whose first microbatch took 20 seconds has its half five steps after that, lookahead ${lookahead}`, async (t) => {
    const scene = createScene(70, lookahead);
    scene.join('a', 100);
    scene.join('b', 100, { firstMs: 20_000 });
    // Alone, the other has come to step 25 by then.
    const { a, b } = await sharesFrom(t, scene, 31);
    t.true(Math.abs(a! - b!) <= 0.2 * (a! + b!), `${a} and ${b}`);
  });

  test(`a worker that joins at step 10 has its half five steps later, lookahead ${lookahead}`, async (t) => {
    const scene = createScene(40, lookahead);
    scene.join('a', 100);
    let isThere = false;
    const { a, b } = await sharesFrom(t, scene, 16, () => {
      if (isThere || scene.world.machine.committed < 10) return;
      isThere = true;
      scene.join('b', 100, { firstMs: 2000 });
    });
    t.true(Math.abs(a! - b!) <= 0.2 * (a! + b!), `${a} and ${b}`);
    // 16 to 40 take half as long as one worker would.
    const [from, to] = [scene.world.commits[15]!.atMs, scene.world.commits[39]!.atMs];
    t.true((to - from) / 24 <= (MICROBATCHES * 100) / 1.8, `${(to - from) / 24} ms a step`);
  });
}

test('of three workers of speeds 1, 2 and 4 each does its part', async (t) => {
  const scene = createScene(60, 2);
  scene.join('slow', 200, { firstMs: 1000 });
  scene.join('middle', 100, { firstMs: 1000 });
  scene.join('fast', 50, { firstMs: 1000 });
  const { slow, middle, fast } = await sharesFrom(t, scene, 10);
  const total = slow! + middle! + fast!;
  t.log(`${slow}, ${middle}, ${fast} of ${total}`);
  t.true(slow! / total > 0.05 && middle! / total > 0.18 && fast! / total < 0.75);
});
