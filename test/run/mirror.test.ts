// A run whose folder is lost with its coordinator and its worker, gone on with in its mirror, on real processes.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { PRETEXT, startPretext, startRun, untilStep } from '../helpers/processes.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--steps', '60', '--seed', '3', '--task', 'rotation', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'batch.microbatches=3', '--set', 'batch.microbatchSize=3',
  '--set', 'checkpoint.everySteps=7', '--set', 'checkpoint.keep=1',
];

test('a run whose folder is lost goes on in its mirror with the same bits, whenever it was lost', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes a minute: npm run test:long');
  t.timeout(300_000);
  const folder = await mkdtemp(join(tmpdir(), 'pretext-mirror-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  await makeImages(data);
  const undisturbed = await startRun(t, data, [...FLAGS, '--mirror', join(folder, 'copy')]);
  undisturbed.startWorker('alone');
  const { digest } = await undisturbed.finish();
  t.regex(execFileSync(process.execPath, [PRETEXT, 'verify', join(folder, 'copy')], { encoding: 'utf8' }), /^proved/);

  for (const step of [3, 9, 25]) {
    const mirror = join(folder, `mirror-${step}`);
    const run = await startRun(t, data, [...FLAGS, '--mirror', mirror]);
    const worker = run.startWorker('lost');
    await untilStep(run.url, step);
    for (const { child } of [run.coordinator, worker]) child.kill('SIGKILL');
    await Promise.all([run.coordinator.exited, worker.exited]);
    await rm(run.out, { recursive: true });

    const refused = startPretext(t, ['coordinator', '--data', data, ...FLAGS, '--out', run.out, '--resume-or-start', '--mirror', mirror, '--listen', '127.0.0.1:0']);
    t.is(await refused.exited, EXIT.taken, refused.output());

    const port = new URL(run.url).port;
    const again = startPretext(t, ['coordinator', '--resume', '--out', mirror, '--listen', `127.0.0.1:${port}`, '--json']);
    const next = run.startWorker('next');
    t.is(await again.exited, 0, again.output());
    t.is(await next.exited, 0);
    t.true(again.output().includes(`"digest":"${digest}"`), `lost at step ${step}`);
    t.regex(execFileSync(process.execPath, [PRETEXT, 'verify', mirror], { encoding: 'utf8' }), /^proved/);
  }
});
