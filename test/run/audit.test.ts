// An audit on real processes: a worker whose memory flips a bit is found, named and shut out, and the run's bits are those of an undisturbed one.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import anyTest, { type TestFn } from 'ava';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { fetchStatus, readReport, startPretext, temporaryFolder, until } from '../helpers/processes.js';
import { createBitsBench } from '../helpers/same-bits.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;
const FLIP_BIT = pathToFileURL(join(import.meta.dirname, '../fixtures/flip-bit.js')).href;

test('of three workers the one that flips a bit is found, and the run ends with the right bits', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes a minute; test/coordinator/audit.test.ts tries the same without processes: npm run test:long');
  t.timeout(120_000);
  const bench = await createBitsBench({ flags: ['--task', 'rotation', '--set', 'exchange.audit=1'], steps: 60, checkpointEvery: 20, makeData: (folder) => makeImages(folder) });
  t.teardown(() => bench.dispose());
  const trigger = join(await temporaryFolder(t), 'flip');
  const run = await bench.start(t);
  for (const name of ['a', 'b']) run.startWorker(name);
  const flipping = startPretext(t, ['worker', '--join', run.url, '--name', 'flipping'], { NODE_OPTIONS: `--import=${FLIP_BIT}`, PRETEXT_TEST_FLIP_BIT: trigger });
  await until('three workers', async () => {
    const status = await fetchStatus(run.url);
    return status?.workers.filter(({ state }) => state === 'active').length === 3 ? status : undefined;
  });
  await writeFile(trigger, '');
  t.not(await flipping.exited, 0);
  t.regex(flipping.output(), /computes wrong numbers/);
  await bench.expectSameBits(t, run);
  t.regex(run.coordinator.output(), /"worker":"flipping".*computed wrong numbers/);
  const { audit } = await readReport(run.out);
  t.deepEqual(audit?.wrong.map(({ worker }) => worker), ['flipping']);
  t.true(audit!.microbatches > 0);
});
