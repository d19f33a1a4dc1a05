// A node: real worker processes under one supervisor, killed and drained.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { fetchStatus, findFreePort, startPretext, temporaryFolder, until } from '../helpers/processes.js';
import { createBitsBench } from '../helpers/same-bits.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

/** A process that is told to end has so long for it. */
const DRAINED_MS = 5000;
const STEPS = 400;
/** On a busy machine a process takes a while until it takes part. */
const PATIENCE_MS = 180_000;

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Resolves once all of them are in step. */
const untilActive = (url: string, ...ids: string[]): Promise<unknown> => until(`${ids.join(', ')} are in step`, async () => {
  const workers = (await fetchStatus(url))?.workers ?? [];
  return ids.every((id) => workers.some((worker) => worker.id === id && worker.state === 'active')) || undefined;
}, PATIENCE_MS);

test('a node computes the bits of one worker, through the death of one of its processes and the drain of the whole', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes half a minute; test/worker/node tries the supervisor: npm run test:long');
  t.timeout(900_000);
  const bench = await createBitsBench({ flags: ['--task', 'rotation'], steps: STEPS, checkpointEvery: 50, makeData: (folder) => makeImages(folder) });
  t.teardown(() => bench.dispose());
  const run = await bench.start(t);
  const temporary = join(await temporaryFolder(t), 'tmp');
  await mkdir(temporary);
  const startNode = (name: string) => startPretext(t, ['worker', '--join', run.url, '--devices', 'cpu:2', '--name', name, '--json'], { TMPDIR: temporary });
  const first = startNode('first');
  await untilActive(run.url, 'first/cpu0', 'first/cpu1');
  const [victim, survivor] = await childrenOf(first.child.pid!);
  process.kill(victim!, 'SIGKILL');
  await until('another is started', async () => (await childrenOf(first.child.pid!)).find((pid) => pid !== victim && pid !== survivor));
  await untilActive(run.url, 'first/cpu0', 'first/cpu1');
  t.regex(first.output(), /its process ended with SIGKILL/);

  const second = startNode('second');
  await untilActive(run.url, 'second/cpu0', 'second/cpu1');
  const { step } = (await fetchStatus(run.url))!;
  const toldMs = performance.now();
  first.child.kill('SIGTERM');
  t.is(await first.exited, EXIT.drained, first.output());
  t.true(performance.now() - toldMs < DRAINED_MS, `${performance.now() - toldMs} ms`);
  t.true(step < STEPS);
  await bench.expectSameBits(t, run);
  t.is(await second.exited, EXIT.done, second.output());
  t.regex(second.output(), /"devices":\{"cpu[01]":"finished","cpu[01]":"finished"\}/);
  t.is((await run.finish()).rollbacks, 0);
  t.deepEqual(await readdir(temporary), []);
});

test('a node says which devices it does not have, and ends as its workers do where nobody answers', async (t) => {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const absent = startPretext(t, ['worker', '--join', url, '--backend', 'simd', '--devices', '0,7']);
  const wrong = startPretext(t, ['worker', '--join', url, '--devices', 'gpu']);
  const alone = startPretext(t, ['worker', '--join', url, '--devices', 'cpu:2', '--wait', '0']);
  t.is(await absent.exited, EXIT.usage, absent.output());
  t.regex(absent.output(), /error: --devices 7: backend simd has device 0 alone\n/);
  t.is(await wrong.exited, EXIT.usage, wrong.output());
  t.regex(wrong.output(), /Expected all, numbers such as 0,2, or cpu:2/);
  t.is(await alone.exited, EXIT.unreachable, alone.output());
  t.regex(alone.output(), /error: No device of this machine is left: /);
});
