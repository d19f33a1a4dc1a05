// A worker without a copy of the data gets the files from its coordinator, and computes the same from them.

import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeVideos } from '../helpers/data.js';
import { startPretext, startRun, temporaryFolder } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

const STEPS = 4;
const FLAGS = [
  '--steps', String(STEPS), '--seed', '9', '--task', 'frame-order', '--token', 'open sesame',
  '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'data.fps=10',
  '--set', 'batch.microbatches=3', '--set', 'batch.microbatchSize=3',
];

let data: string;

test.before(async () => {
  data = await mkdtemp(join(tmpdir(), 'pretext-remote-'));
  await makeVideos(data, 6);
});

test.after.always(() => rm(data, { recursive: true, force: true }));

test('files that come over HTTP with the token give the same bits as a local copy', async (t) => {
  t.timeout(90_000);
  const local = await startRun(t, data, FLAGS);
  startPretext(t, ['worker', '--join', local.url, '--token', 'open sesame', '--data', data]);
  const { digest } = await local.finish();

  const remote = await startRun(t, data, FLAGS);
  const cache = await temporaryFolder(t);
  const stranger = startPretext(t, ['worker', '--join', remote.url, '--data', data]);
  t.is(await stranger.exited, EXIT.refused);
  t.regex(stranger.output(), /error: .* refuses the token\./);

  const worker = startPretext(t, ['worker', '--join', remote.url, '--cache', cache], { PRETEXT_TOKEN: 'open sesame' });
  const report = await remote.finish();
  t.is(report.digest, digest);
  t.like(report.samples, { committed: STEPS * 9, duplicated: 0, missing: 0 });
  t.is(await worker.exited, 0);
  const fetched = await readdir(cache);
  t.true(fetched.length > 0);
  t.true(fetched.every((name) => name.endsWith('.mp4')));
});

test('what a worker\'s copy lacks or has otherwise comes from the coordinator', async (t) => {
  t.timeout(90_000);
  const whole = await startRun(t, data, FLAGS);
  startPretext(t, ['worker', '--join', whole.url, '--token', 'open sesame']);
  const { digest } = await whole.finish();

  const copy = await temporaryFolder(t);
  await cp(data, copy, { recursive: true });
  const videos = (await readdir(copy, { recursive: true })).filter((name) => name.includes('train') && name.endsWith('.mp4')).sort();
  await rm(join(copy, videos[0]!));
  await writeFile(join(copy, videos[1]!), 'another file');
  const run = await startRun(t, data, FLAGS);
  startPretext(t, ['worker', '--join', run.url, '--token', 'open sesame', '--data', copy]);
  t.is((await run.finish()).digest, digest);
});

test('data cannot be had without the token', async (t) => {
  const run = await startRun(t, data, [...FLAGS, '--viewer-token', 'look']);
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await fetch(new URL('/data/1/0', run.url), { headers })).status;
  t.is(await statusOf({}), 401);
  t.is(await statusOf({ authorization: 'Bearer look' }), 403);
  t.is(await statusOf({ authorization: 'Bearer open sesame' }), 200);
});
