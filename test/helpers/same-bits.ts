// The promise on real processes, for tests of any task: a small run on one undisturbed worker gives a digest, and every other run
// of it must give the same one.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import type { RunReport } from '../../coordinator/run/report.js';
import { prove } from '../../scripts/actions/verify.js';
import { IS_LONG } from './long.js';
import { startRun, untilStep, type TestRun } from './processes.js';
import { skipWithReason } from './test-data.js';

export interface BitsOptions {
  /** Flags that choose the task and its options; small where the defaults are large. */
  readonly flags: readonly string[];
  readonly steps: number;
  /** Steps from checkpoint to checkpoint. */
  readonly checkpointEvery: number;
  makeData(folder: string): Promise<void>;
  /** True where real processes try nothing that others do not, but for the task: only the long suite takes their time. */
  readonly isOnlyLong?: boolean;
}

export interface BitsBench {
  /** A coordinator over the run; more flags win over the bench's. */
  start(t: ExecutionContext, ...flags: string[]): Promise<TestRun>;
  /** The report of the run on one undisturbed worker, which is run once. */
  reference(t: ExecutionContext): Promise<RunReport>;
  /** The run is proved complete, and its state is that of the reference. */
  expectSameBits(t: ExecutionContext, run: TestRun, coordinator?: TestRun['coordinator']): Promise<void>;
  dispose(): Promise<void>;
}

const MICROBATCHES = 5;
const MICROBATCH_SIZE = 4;

const flagsOf = ({ flags, steps, checkpointEvery }: BitsOptions): string[] => [
  ...flags,
  '--steps', String(steps), '--seed', '11',
  '--set', 'data.side=24', '--set', 'data.shortSide=28',
  '--set', `batch.microbatches=${MICROBATCHES}`, '--set', `batch.microbatchSize=${MICROBATCH_SIZE}`,
  '--set', `checkpoint.everySteps=${checkpointEvery}`, '--set', 'digest.everySteps=4', '--set', 'exchange.chunkBytes=65536',
];

/** Makes the data. The caller disposes the bench. */
export async function createBitsBench(options: BitsOptions): Promise<BitsBench> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-bits-'));
  const data = join(folder, 'data');
  await options.makeData(data);
  const numSamples = options.steps * MICROBATCHES * MICROBATCH_SIZE;
  let reference: Promise<RunReport> | undefined;

  const start: BitsBench['start'] = (t, ...flags) => startRun(t, data, [...flagsOf(options), ...flags]);

  async function runAlone(t: ExecutionContext): Promise<RunReport> {
    const run = await start(t);
    run.startWorker('alone');
    const report = await run.finish();
    t.log(`reference: ${report.digest}, loss ${report.loss.first} to ${report.loss.last}`);
    return report;
  }

  const referenceOf: BitsBench['reference'] = (t) => (reference ??= runAlone(t));

  return {
    start,
    reference: referenceOf,
    async expectSameBits(t, run, coordinator = run.coordinator) {
      const report = await run.finish(coordinator);
      t.log(`${report.digest}, workers ${report.workers.map(({ id }) => id).join(', ')}`);
      t.is(report.digest, (await referenceOf(t)).digest);
      t.like(report.samples, { planned: numSamples, committed: numSamples, duplicated: 0, missing: 0 });
      t.true((await prove(run.out)).isProved);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * The tests that every task's state must pass: workers in any number, killed, late, all gone, and a coordinator restarted; in the long
 * suite alone where isOnlyLong says so.
 */
export function testSameBits(test: TestFn, name: string, options: BitsOptions): void {
  const { checkpointEvery, isOnlyLong = false } = options;
  if (isOnlyLong && !IS_LONG) {
    test(`${name} on real processes`, (t) => skipWithReason(t, 'it takes half a minute; test/worker/tasks/bits.test.ts tries the same in one process: npm run test:long'));
    return;
  }
  let bench: BitsBench;
  test.before(async () => { bench = await createBitsBench(options); });
  test.after.always(() => bench?.dispose());

  if (IS_LONG) test(`${name}: three workers give the bits of one`, async (t) => {
    t.timeout(180_000);
    const run = await bench.start(t);
    for (const name of ['a', 'b', 'c']) run.startWorker(name);
    await bench.expectSameBits(t, run);
  });

  test(`${name}: a worker killed, everything killed at once, a worker that comes late and a coordinator restarted with their state change nothing`, async (t) => {
    t.timeout(180_000);
    const run = await bench.start(t);
    const [victim, survivor] = [run.startWorker('victim'), run.startWorker('survivor')];
    await untilStep(run.url, 4);
    victim.child.kill('SIGKILL');
    await untilStep(run.url, checkpointEvery + 2);
    const both = [run.coordinator, survivor];
    for (const { child } of both) child.kill('SIGKILL');
    await Promise.all(both.map(({ exited }) => exited));
    const second = run.resume();
    run.startWorker('next');
    await untilStep(run.url, checkpointEvery + 3);
    run.startWorker('late');
    await untilStep(run.url, checkpointEvery + 5);
    second.child.kill('SIGKILL');
    await second.exited;
    await bench.expectSameBits(t, run, run.resume());
  });
}
