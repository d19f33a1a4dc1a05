// Leases, revocations, batches that get ready and steps that end, in any order, with little room: a worker never stands still while
// there is something to compute, and never holds more than it may.

import test, { type ExecutionContext } from 'ava';
import type { Random } from '../../../shared/random/random.js';
import { createPrefetcher, type Prefetcher } from '../../../worker/data/prefetcher.js';
import type { LeasedBatch } from '../../../worker/data/leased-batch.js';
import { freshRandom } from '../../helpers/numerics.js';

const MICROBATCHES = 5;
const STORMS = 300;
const EVENTS = 120;

interface Storm {
  readonly prefetcher: Prefetcher;
  readonly random: Random;
  readonly limit: number;
  readonly lookahead: number;
  /** Ends a preparation. */
  readonly pending: (() => void)[];
  /** Leases by step, as the coordinator sees them. */
  readonly leased: Map<number, Set<number>>;
  step: number;
  numHeld: number;
}

/** Promises that are settled have told everybody. */
async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}

function createStorm(random: Random): Storm {
  const limit = 1 + random.int(4);
  const storm: Storm = {
    random, limit,
    lookahead: random.int(9),
    pending: [], leased: new Map(), step: 1, numHeld: 0,
    prefetcher: createPrefetcher(() => {
      storm.numHeld += 1;
      return new Promise<LeasedBatch>((resolve) => storm.pending.push(() => {
        const release = (): void => { storm.numHeld -= 1; };
        resolve({ arrays: {}, weights: new Float32Array(1), instances: new Int32Array(1), unusable: [], samples: [], release });
      }));
    }, limit, () => {}),
  };
  return storm;
}

function pick<Value>(random: Random, values: readonly Value[]): Value | undefined {
  return values[random.int(Math.max(1, values.length))];
}

function lease({ prefetcher, random, leased, step, lookahead }: Storm): void {
  const at = step + random.int(lookahead + 1);
  const held = leased.get(at) ?? new Set<number>();
  leased.set(at, held);
  for (let count = 1 + random.int(3); count > 0; count--) {
    const index = random.int(MICROBATCHES);
    held.add(index);
    prefetcher.add(at, { index, samples: [], excluded: [] });
  }
}

function revoke({ prefetcher, random, leased }: Storm): void {
  const [step, held] = pick(random, [...leased]) ?? [];
  const index = pick(random, [...(held ?? [])]);
  if (step === undefined || index === undefined) return;
  held!.delete(index);
  prefetcher.remove(step, index);
}

function finishOne({ random, pending }: Storm): void {
  const [finish] = pending.splice(random.int(Math.max(1, pending.length)), 1);
  finish?.();
}

/** True when something was computed. */
function compute({ prefetcher, leased, step }: Storm): boolean {
  const microbatch = prefetcher.next(step);
  const batch = microbatch === undefined ? undefined : prefetcher.take(step, microbatch);
  if (!batch) return false;
  leased.get(step)!.delete(microbatch!);
  batch.release();
  return true;
}

function endStep(storm: Storm): void {
  storm.prefetcher.dropUpTo(storm.step);
  storm.leased.delete(storm.step);
  storm.step += 1;
}

/** With every preparation at its end, all that is leased of the step can be computed. */
async function computeAll(t: ExecutionContext, storm: Storm, what: string): Promise<void> {
  const held = storm.leased.get(storm.step) ?? new Set<number>();
  for (let left = held.size; left > 0; left = held.size) {
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const finish of storm.pending.splice(0)) finish();
      await settle();
    }
    if (!compute(storm)) return t.fail(`${what}: ${left} microbatches of step ${storm.step} wait for ever`);
    await settle();
  }
  t.is(storm.prefetcher.next(storm.step), undefined);
}

test('whatever the order of leases, revocations, ready batches and ends of steps, what is leased of the step can be computed, within the room', async (t) => {
  t.timeout(120_000);
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let number = 0; number < STORMS; number++) {
    const storm = createStorm(random);
    for (let event = 0; event < EVENTS; event++) {
      const what = `storm ${number}, event ${event}`;
      const kind = random.int(12);
      if (kind < 5) lease(storm);
      else if (kind < 6) revoke(storm);
      else if (kind < 9) finishOne(storm);
      else if (kind < 11) compute(storm);
      else {
        await computeAll(t, storm, what);
        endStep(storm);
      }
      await settle();
      if (storm.numHeld > storm.limit) t.fail(`${what}: ${storm.numHeld} batches in a room of ${storm.limit}`);
    }
    await computeAll(t, storm, `end of storm ${number}`);
    storm.prefetcher.clear();
    for (const finish of storm.pending.splice(0)) finish();
    await settle();
    t.is(storm.numHeld, 0, `storm ${number}`);
  }
});
