// Workers whose arithmetic differs in the last bits, in one run: it is said, recorded, and their replicas are kept equal.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startPretext, startRun, temporaryFolder } from '../helpers/processes.js';
import { makeImages } from '../helpers/data.js';

const FLAGS = [
  '--task', 'rotation', '--steps', '8', '--seed', '5',
  '--set', 'data.side=16', '--set', 'data.shortSide=18', '--set', 'batch.microbatches=4', '--set', 'batch.microbatchSize=2',
  '--set', 'model.options.width=4', '--set', 'optimizer.name=adamw', '--set', 'digest.everySteps=2',
];

test('a run of two kinds of backend ends, with every sample once, and names both kinds', async (t) => {
  t.timeout(120_000);
  const data = await temporaryFolder(t);
  await makeImages(data);
  const run = await startRun(t, data, FLAGS);
  run.startWorker('fast', '--backend', 'simd');
  run.startWorker('plain', '--backend', 'cpu');
  const report = await run.finish();
  t.like(report.samples, { planned: 64, committed: 64, duplicated: 0, missing: 0 });
  t.deepEqual(report.workers.map(({ id, backend }) => `${id} ${backend.split('/')[0]}`).sort(), ['fast simd', 'plain cpu']);
  t.regex(run.coordinator.output(), /workers of different kinds in one run/);
  t.is(await startPretext(t, ['verify', run.out]).exited, 0);
  // Whoever differed was given the others' state, and came back with it.
  const journal = await readFile(join(run.out, 'journal.ndjson'), 'utf8');
  t.regex(journal, /"backend":"cpu"/);
  t.notRegex(run.coordinator.output(), /run stops/);
});
