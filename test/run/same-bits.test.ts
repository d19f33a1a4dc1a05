// The promise, on real processes: a run's bits depend on recipe and seed alone, not on how many workers there are, when they
// come, or which of them die.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { fetchStatus, startPretext, startRun, until, untilStep, type TestRun } from '../helpers/processes.js';
import { makeImages, makeVideos } from '../helpers/data.js';

const test = anyTest.serial as TestFn;
const TASKS = ['frame-order', 'rotation'] as const;
type TaskName = (typeof TASKS)[number];

const STEPS = 40;
const FLAGS = [
  '--steps', String(STEPS), '--seed', '11',
  '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'data.fps=10',
  '--set', 'batch.microbatches=5', '--set', 'batch.microbatchSize=4',
  '--set', 'checkpoint.everySteps=10', '--set', 'digest.everySteps=4', '--set', 'exchange.chunkBytes=65536',
];

let folder: string;
/** Digest of a task's run on one undisturbed worker. */
const references = new Map<TaskName, string>();

const dataOf = (task: TaskName): string => join(folder, task);

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretext-bits-'));
  await makeVideos(dataOf('frame-order'));
  await makeImages(dataOf('rotation'));
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

const start = (t: ExecutionContext, task: TaskName): Promise<TestRun> => startRun(t, dataOf(task), ['--task', task, ...FLAGS]);

/** The run is proved complete, and its parameters are those of the undisturbed run. */
async function expectSameBits(t: ExecutionContext, task: TaskName, run: TestRun, coordinator = run.coordinator): Promise<void> {
  const report = await run.finish(coordinator);
  t.log(`${task}: ${report.digest}, workers ${report.workers.map(({ id }) => id).join(', ')}`);
  t.is(report.digest, references.get(task) ?? 'no reference');
  t.like(report.samples, { planned: STEPS * 20, committed: STEPS * 20, duplicated: 0, missing: 0 });
  t.is(await startPretext(t, ['verify', run.out]).exited, 0);
}

for (const task of TASKS) {
  test(`${task}: one worker gives the reference, two and three the same bits`, async (t) => {
    t.timeout(180_000);
    const alone = await start(t, task);
    alone.startWorker('a');
    const report = await alone.finish();
    references.set(task, report.digest);
    t.log(`${task}: ${report.digest}, one worker`);
    t.true(report.loss.last! < report.loss.first! + 0.5);
    for (const names of [['a', 'b'], ['a', 'b', 'c']]) {
      const run = await start(t, task);
      for (const name of names) run.startWorker(name);
      await expectSameBits(t, task, run);
    }
  });
}

test('a worker of two threads gives the bits of one', async (t) => {
  t.timeout(120_000);
  for (const task of TASKS) {
    const run = await start(t, task);
    run.startWorker('threads', '--threads', '2');
    await expectSameBits(t, task, run);
  }
});

test('another seed gives other bits, so equality means something', async (t) => {
  const run = await startRun(t, dataOf('rotation'), ['--task', 'rotation', ...FLAGS, '--seed', '12']);
  run.startWorker('a');
  t.not((await run.finish()).digest, references.get('rotation'));
});

test('a worker killed in mid-run changes nothing', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'frame-order');
  const victim = run.startWorker('victim');
  run.startWorker('survivor');
  await untilStep(run.url, 6);
  victim.child.kill('SIGKILL');
  await expectSameBits(t, 'frame-order', run);
});

test('a worker that joins late changes nothing, and takes part', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'frame-order');
  run.startWorker('early');
  await untilStep(run.url, 5);
  run.startWorker('late');
  await expectSameBits(t, 'frame-order', run);
  const { workers } = await run.finish();
  t.true((workers.find(({ id }) => id === 'late')?.samples ?? 0) > 0);
});

test('a coordinator killed and restarted goes on with the workers that it had', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'frame-order');
  const workers = [run.startWorker('a'), run.startWorker('b')];
  await untilStep(run.url, 13);
  run.coordinator.child.kill('SIGKILL');
  await run.coordinator.exited;
  const again = run.resume();
  await expectSameBits(t, 'frame-order', run, again);
  t.deepEqual(await Promise.all(workers.map(({ exited }) => exited)), [0, 0]);
});

test('with every worker killed the run waits, says so, and goes on from the last checkpoint', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'frame-order');
  const victims = [run.startWorker('a'), run.startWorker('b')];
  await untilStep(run.url, 13);
  for (const { child } of victims) child.kill('SIGKILL');
  const status = await until('the run waits', async () => {
    const now = await fetchStatus(run.url);
    return now?.state === 'waiting' ? now : undefined;
  });
  t.regex(status.waiting!, /no worker/);
  t.regex(run.coordinator.output(), /run waits/);
  run.startWorker('c');
  await expectSameBits(t, 'frame-order', run);
  t.is((await run.finish()).rollbacks, 1);
});

test('everything killed at once goes on from the last checkpoint', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'rotation');
  const worker = run.startWorker('a');
  await untilStep(run.url, 13);
  run.coordinator.child.kill('SIGKILL');
  worker.child.kill('SIGKILL');
  await Promise.all([run.coordinator.exited, worker.exited]);
  const again = run.resume();
  run.startWorker('b');
  await expectSameBits(t, 'rotation', run, again);
});

test('a worker that freezes is done without, and may thaw', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'frame-order');
  const frozen = run.startWorker('frozen');
  run.startWorker('warm');
  await untilStep(run.url, 6);
  frozen.child.kill('SIGSTOP');
  await untilStep(run.url, 12);
  frozen.child.kill('SIGCONT');
  await expectSameBits(t, 'frame-order', run);
  t.is(await frozen.exited, 0, frozen.output());
});

test('SIGTERM drains: a worker leaves with success, a coordinator saves a checkpoint first', async (t) => {
  t.timeout(120_000);
  const run = await start(t, 'rotation');
  const leaving = run.startWorker('leaving');
  const staying = run.startWorker('staying');
  await untilStep(run.url, 4);
  leaving.child.kill('SIGTERM');
  t.is(await leaving.exited, 0, leaving.output());
  const { step } = await untilStep(run.url, 8);
  run.coordinator.child.kill('SIGTERM');
  t.is(await run.coordinator.exited, 1);
  t.regex(run.coordinator.output(), /checkpoint saved/);
  t.regex(run.coordinator.output(), /--resume/);
  staying.child.kill('SIGKILL');
  const again = run.resume();
  run.startWorker('new');
  await expectSameBits(t, 'rotation', run, again);
  t.true(step >= 8);
  t.is((await run.finish(again)).rollbacks, 0);
});
