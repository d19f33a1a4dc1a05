// A coordinator that goes on serving when its run is over, and after a restart, on real processes.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { CheckpointList } from '../../coordinator/server/serve-run.js';
import { makeImages } from '../helpers/data.js';
import { fetchStatus, findFreePort, startPretext, temporaryFolder, until, type Process } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--steps', '3', '--seed', '3', '--task', 'rotation', '--set', 'data.side=16', '--set', 'data.shortSide=20', '--set', 'batch.microbatches=1', '--set', 'batch.microbatchSize=3',
];

let data: string;

test.before(async () => {
  data = await mkdtemp(join(tmpdir(), 'pretext-serving-'));
  await makeImages(data);
});

test.after.always(() => rm(data, { recursive: true, force: true }));

test('a complete run is served until SIGTERM, after a restart too, and workers that come then have nothing to do', async (t) => {
  t.timeout(60_000);
  const out = join(await temporaryFolder(t), 'run');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const start = (): Process => startPretext(t, ['coordinator', '--data', data, ...FLAGS, '--listen', `127.0.0.1:${port}`, '--out', out, '--resume-or-start', '--keep-serving', '--json']);
  const takePart = async (name: string): Promise<void> => {
    const worker = startPretext(t, ['worker', '--join', url, '--name', name, '--data', data]);
    t.is(await worker.exited, 0, worker.output());
  };
  /** Ends, for there is nothing more to come. */
  const follow = async (): Promise<string> => (await fetch(`${url}/logs?follow=1`)).text();
  const untilFinished = (): Promise<unknown> => until('the run is complete', async () => ((await fetchStatus(url))?.state === 'finished' ? true : undefined));
  const untilReport = (): Promise<Response> => until('the report', async () => {
    const response = await fetch(`${url}/report`).catch(() => undefined);
    return response?.ok ? response : undefined;
  });

  let coordinator = start();
  await until('the coordinator answers', async () => (await fetchStatus(url)) ?? undefined);
  await takePart('a');
  const report = await (await untilReport()).text();
  t.is(report, await readFile(join(out, 'report.json'), 'utf8'));
  await until('the page', async () => ((await fetch(`${url}/report.html`)).ok ? true : undefined));
  const log = await follow();
  t.regex(log, /it is served until this coordinator is stopped.*\n\{"end":true\}\n$/);

  coordinator.child.kill('SIGTERM');
  t.is(await coordinator.exited, 0, coordinator.output());
  const { digest } = JSON.parse(report) as { digest: string };
  t.true(coordinator.output().includes(`"digest":"${digest}"`));

  coordinator = start();
  await untilFinished();
  t.is(await (await untilReport()).text(), report);
  const { checkpoints } = (await (await fetch(`${url}/checkpoints`)).json()) as CheckpointList;
  t.deepEqual(checkpoints.map(({ stage, step }) => [stage, step]), [[1, 3]]);
  const fetched = startPretext(t, ['checkpoints', 'fetch', '--url', url, '--out', `${out}.safetensors`]);
  t.is(await fetched.exited, 0, fetched.output());
  t.true((await readFile(`${out}.safetensors`)).equals(await readFile(join(out, 'checkpoints/step-000003.safetensors'))));
  await takePart('late');
  t.true((await follow()).startsWith(log.slice(0, log.lastIndexOf('{"end"'))));
  coordinator.child.kill('SIGTERM');
  t.is(await coordinator.exited, 0, coordinator.output());
});
