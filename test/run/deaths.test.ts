// Two of three workers go at a random moment, by SIGKILL or SIGTERM, with any lookahead: the third finishes the run, with the same bits.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { RunStatus } from '../../coordinator/run/status.js';
import { messageOf } from '../../shared/errors/pretext-error.js';
import type { Random } from '../../shared/random/random.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { freshRandom } from '../helpers/numerics.js';
import { fetchStatus, until } from '../helpers/processes.js';
import { createBitsBench, type BitsBench } from '../helpers/same-bits.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

/** Other tests run with the default of 2 steps. */
const LOOKAHEADS = [0, 2, 8];
const RUNS = 67;
const STEPS = 40;
/** A run that stands still does so for ever; one on a busy machine is only slow. */
const PATIENCE_MS = 180_000;

let bench: BitsBench;

test.before(async () => {
  if (IS_LONG) bench = await createBitsBench({ flags: ['--task', 'rotation'], steps: STEPS, checkpointEvery: 10, makeData: (folder) => makeImages(folder) });
});

test.after.always(() => IS_LONG ? bench.dispose() : undefined);

/** Resolves with whether two went in mid-run: on a busy machine a run may be over before three take part. */
async function killTwo(t: ExecutionContext, random: Random, lookahead: number): Promise<boolean> {
  const run = await bench.start(t, '--set', `exchange.lookaheadSteps=${lookahead}`);
  const [, ...victims] = ['a', 'b', 'c'].map((name) => run.startWorker(name));
  const first = random.int(STEPS - 5);
  const isOver = (): boolean => run.coordinator.child.exitCode !== null;
  let status: RunStatus | undefined;
  await until(`step ${first} with three workers`, async () => {
    status = await fetchStatus(run.url);
    return isOver() || (status && status.step >= first && status.workers.filter(({ state }) => state === 'active').length === 3) || undefined;
  }, PATIENCE_MS).catch((error: unknown) => { throw new Error(`${messageOf(error)}: ${JSON.stringify(status)}\n${run.coordinator.output()}`); });
  let numGone = 0;
  for (const { child } of victims) {
    if (!isOver() && child.kill(random.chance(0.5) ? 'SIGKILL' : 'SIGTERM')) numGone += 1;
    await new Promise((resolve) => setTimeout(resolve, random.int(100)));
  }
  await bench.expectSameBits(t, run);
  return numGone === 2;
}

async function killTwoAtLast(t: ExecutionContext, random: Random, lookahead: number): Promise<void> {
  let isDone = false;
  for (let tries = 0; tries < 3 && !isDone; tries++) isDone = await killTwo(t, random, lookahead);
  t.true(isDone, 'three runs were over before two of three workers were gone');
}

for (const lookahead of LOOKAHEADS) {
  test(`two of three workers go at a random moment, with a lookahead of ${lookahead} steps`, async (t) => {
    if (!IS_LONG) return skipWithReason(t, 'two hundred runs take an hour; test/run/same-bits.test.ts kills workers too: npm run test:long');
    t.timeout(RUNS * 90_000);
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    for (let number = 0; number < RUNS; number++) await killTwoAtLast(t, random, lookahead);
  });
}
