// The promise, on real processes: a run's bits depend on recipe and seed alone, not on how many workers there are, when they
// come, or which of them die.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { readLooks } from '../../coordinator/observe/looks.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages, makeVideos } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { fetchStatus, startPretext, until, untilStep, type Process } from '../helpers/processes.js';
import { createBitsBench, testSameBits, type BitsBench } from '../helpers/same-bits.js';

const test = anyTest.serial as TestFn;
/** A process that is told to end has so long for it: it takes a second or so, and longer on a machine that does much else. */
const ENDED_MS = 15_000;
const TASKS = ['frame-order', 'rotation'] as const;
type TaskName = (typeof TASKS)[number];

const makers = { 'frame-order': makeVideos, rotation: makeImages };
const benches = {} as Record<TaskName, BitsBench>;

test.before(async () => {
  for (const task of TASKS) {
    const flags = ['--task', task, '--set', 'data.fps=10'];
    benches[task] = await createBitsBench({ flags, steps: 40, checkpointEvery: 10, makeData: (folder) => makers[task](folder) });
  }
});

test.after.always(() => Promise.all(Object.values(benches).map((bench) => bench.dispose())));

// What runs of the other task share out differs by its puzzles alone, which test/worker/tasks/bits.test.ts tries in one process.
for (const task of IS_LONG ? TASKS : TASKS.slice(0, 1)) {
  test(`${task}: one worker gives the reference, more, of which one has two threads, the same bits, looked at or not`, async (t) => {
    t.timeout(180_000);
    const { loss } = await benches[task].reference(t);
    t.true(loss.last! < loss.first! + 0.5);
    for (const names of IS_LONG ? [['a', 'threads'], ['a', 'b', 'c']] : [['a', 'threads', 'c']]) {
      const isLookedAt = names.includes('threads');
      const run = await benches[task].start(t, ...(isLookedAt ? ['--set', 'evaluate.everySteps=20', '--set', 'evaluate.maxItems=4'] : []));
      for (const name of names) run.startWorker(name, ...(name === 'threads' ? ['--threads', '2'] : []));
      await benches[task].expectSameBits(t, run);
      if (isLookedAt) t.is((await readLooks(pathsOf(run.out).looks)).at(-1)?.step, 40, 'the last checkpoint is looked at before the report');
    }
  });
}

test('another seed gives other bits, so equality means something', async (t) => {
  t.timeout(120_000);
  const run = await benches.rotation.start(t, '--seed', '12');
  run.startWorker('a');
  t.not((await run.finish()).digest, (await benches.rotation.reference(t)).digest);
});

test('a worker that freezes and thaws, one killed in mid-run and one that joins late change nothing, and the late one takes part', async (t) => {
  t.timeout(180_000);
  const run = await benches['frame-order'].start(t);
  const [frozen, victim] = [run.startWorker('frozen'), run.startWorker('victim')];
  run.startWorker('survivor');
  await untilStep(run.url, 6);
  frozen.child.kill('SIGSTOP');
  run.startWorker('late');
  await untilStep(run.url, 7);
  victim.child.kill('SIGKILL');
  await untilStep(run.url, 13);
  frozen.child.kill('SIGCONT');
  await benches['frame-order'].expectSameBits(t, run);
  t.is(await frozen.exited, 0, frozen.output());
  const { workers } = await run.finish();
  t.true((workers.find(({ id }) => id === 'late')?.samples ?? 0) > 0);
});

test('with every worker killed the run waits, says so, and goes on from the last checkpoint; its coordinator killed and restarted, with the workers that it had', async (t) => {
  t.timeout(180_000);
  const run = await benches['frame-order'].start(t);
  const victims = [run.startWorker('a'), run.startWorker('b')];
  await untilStep(run.url, 13);
  for (const { child } of victims) child.kill('SIGKILL');
  const status = await until('the run waits', async () => {
    const now = await fetchStatus(run.url);
    return now?.state === 'waiting' ? now : undefined;
  });
  t.regex(status.waiting!, /no worker/);
  t.regex(run.coordinator.output(), /run waits/);
  const workers = [run.startWorker('c'), run.startWorker('d')];
  await untilStep(run.url, 23);
  t.is((await readFile(join(run.out, 'journal.ndjson'), 'utf8')).match(/"type":"rollback"/g)?.length, 1);
  run.coordinator.child.kill('SIGKILL');
  await run.coordinator.exited;
  const again = run.resume();
  await benches['frame-order'].expectSameBits(t, run, again);
  t.deepEqual(await Promise.all(workers.map(({ exited }) => exited)), [0, 0]);
});

test('SIGTERM drains: a worker hands in its work, a coordinator saves a checkpoint first; an operator pauses, saves, drains and stops by commands', async (t) => {
  t.timeout(180_000);
  const run = await benches.rotation.start(t);
  const operate = async (...args: string[]): Promise<object> => {
    const command = startPretext(t, [...args, '--url', run.url, '--json']);
    t.is(await command.exited, EXIT.done, command.output());
    return JSON.parse(command.output()) as object;
  };
  const leaving = run.startWorker('leaving');
  const staying = run.startWorker('staying');
  await untilStep(run.url, 4);
  const end = async ({ child, exited }: Process): Promise<number | null> => {
    const toldMs = performance.now();
    child.kill('SIGTERM');
    const code = await exited;
    t.true(performance.now() - toldMs < ENDED_MS, `${performance.now() - toldMs} ms`);
    return code;
  };
  t.is(await end(leaving), EXIT.drained, leaving.output());
  await untilStep(run.url, 8);
  const { step } = (await operate('pause')) as { step: number };
  t.is(await end(run.coordinator), EXIT.stopped);
  t.regex(run.coordinator.output(), /checkpoint saved/);
  t.regex(run.coordinator.output(), /--resume/);
  staying.child.kill('SIGKILL');

  const second = run.resume();
  const drained = run.startWorker('drained');
  await until('a worker', async () => (await fetchStatus(run.url))?.workers[0]);
  t.like(await fetchStatus(run.url), { state: 'paused', step });
  await operate('continue');
  await untilStep(run.url, step + 1);
  const saved = (await operate('checkpoint')) as { step: number; path: string };
  t.is(saved.path, join(run.out, 'checkpoints', `step-${String(saved.step).padStart(6, '0')}.safetensors`));
  await operate('drain', 'drained');
  t.is(await drained.exited, EXIT.drained, drained.output());
  await operate('stop');
  t.is(await second.exited, EXIT.stopped, second.output());

  const third = run.resume();
  run.startWorker('last');
  await benches.rotation.expectSameBits(t, run, third);
  t.true(step >= 8 && saved.step > step);
  t.is((await run.finish(third)).rollbacks, 0);
});

const several = [
  '--set', 'tasks=[{name: rotation}, {name: jigsaw, options: {grid: 2, permutations: 5}}]', '--set', 'turns=microbatch',
  '--set', 'consistency={ramp: 0, features: [{hidden: 6, dims: 4}]}',
];

testSameBits(test, 'several tasks by turns, with consistency', { flags: several, steps: 16, checkpointEvery: 6, makeData: (folder) => makeImages(folder), isOnlyLong: true });
