// The log and the status of a run, seen from other processes while it goes on.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { fileNameOf } from '../../coordinator/logs/log-files.js';
import { makeImages } from '../helpers/data.js';
import { startPretext, startRun, until, untilStep, type Process } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--steps', '60', '--seed', '3', '--task', 'rotation', '--set', 'data.side=24', '--set', 'data.shortSide=28',
  '--set', 'batch.microbatches=3', '--set', 'batch.microbatchSize=3', '--set', 'checkpoint.everySteps=10',
];

interface LogRecord {
  readonly id: number;
  readonly level: number;
  readonly source: string;
  readonly worker?: string;
  readonly msg: string;
}

let data: string;

test.before(async () => {
  data = await mkdtemp(join(tmpdir(), 'pretext-logs-'));
  await makeImages(data);
});

test.after.always(() => rm(data, { recursive: true, force: true }));

/** Whole records of what a process printed; its notes are left out. */
function readRecords(text: string): LogRecord[] {
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogRecord);
}

const recordsOf = (follower: Process): LogRecord[] => readRecords(follower.output());

async function statusOf(t: ExecutionContext, out: string): Promise<Record<string, unknown> & { workers: { id: string; state: string }[] }> {
  const status = startPretext(t, ['status', out, '--json']);
  if ((await status.exited) !== 0) throw new Error(status.output());
  return JSON.parse(status.output()) as never;
}

test('followers in other processes see the run live, through a restart of the coordinator, each record once', async (t) => {
  t.timeout(120_000);
  const run = await startRun(t, data, FLAGS);
  const follow = (...args: string[]): Process => startPretext(t, ['logs', run.out, '--follow', '--json', ...args]);
  const all = follow();
  const ofOne = follow('--worker', 'a');
  const warnings = follow('--level', 'warn');

  const waiting = await statusOf(t, run.out);
  t.like(waiting, { state: 'waiting', step: 0 });
  t.regex(String(waiting['waiting']), /no worker/);
  t.deepEqual(waiting.workers, []);

  const workers = ['a', 'b'].map((name) => run.startWorker(name));
  await untilStep(run.url, 12);
  await until('records of both workers while the run goes on', () => {
    const sources = new Set(recordsOf(all).map(({ source }) => source));
    return (sources.has('a') && sources.has('b') && sources.has('coordinator')) || undefined;
  });
  t.is(run.coordinator.child.exitCode, null);
  const working = await statusOf(t, run.out);
  t.is(working['waiting'], undefined);
  t.deepEqual(working.workers.map(({ id }) => id).sort(), ['a', 'b']);

  const lastBefore = recordsOf(all).at(-1)!.id;
  run.coordinator.child.kill('SIGKILL');
  await run.coordinator.exited;
  const again = run.resume();
  await run.finish(again);
  t.deepEqual(await Promise.all([all, ofOne, warnings, ...workers].map(({ exited }) => exited)), [0, 0, 0, 0, 0]);

  const records = recordsOf(all);
  const ids = records.map(({ id }) => id);
  t.true(ids.at(-1)! > lastBefore);
  t.deepEqual(ids, Array.from({ length: ids.at(-1)! - ids[0]! + 1 }, (_, i) => ids[0]! + i));
  t.true(records.some(({ msg }) => msg === 'connection lost'));
  t.deepEqual(recordsOf(ofOne), records.filter(({ source, worker }) => source === 'a' || worker === 'a'));
  t.deepEqual(recordsOf(warnings), records.filter(({ level }) => level >= 40));
  t.true(recordsOf(warnings).length > 0);

  // Coordinator and workers are gone; what they wrote is not.
  const later = startPretext(t, ['logs', run.out, '--json']);
  t.is(await later.exited, 0);
  const kept = recordsOf(later);
  t.deepEqual(kept.slice(0, records.length).map(({ id }) => id), ids);
  for (const name of ['a', 'b', 'coordinator']) {
    const file = readRecords(await readFile(join(run.out, 'logs', `${fileNameOf(name)}.ndjson`), 'utf8'));
    t.deepEqual(file, kept.filter(({ source }) => source === name));
  }
});
