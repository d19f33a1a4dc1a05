// Workers whose arithmetic may differ in the last bits, in one run: it is said and recorded, and the run is whole. That a replica
// that drifts gets the others' state is tested with the controller.

import test from 'ava';
import { startPretext, startRun, temporaryFolder, untilStep } from '../helpers/processes.js';
import { makeImages } from '../helpers/data.js';

const FLAGS = [
  '--task', 'rotation', '--steps', '60', '--seed', '5',
  '--set', 'data.side=16', '--set', 'data.shortSide=18', '--set', 'batch.microbatches=4', '--set', 'batch.microbatchSize=2',
  '--set', 'model.options.width=4', '--set', 'optimizer.name=adamw', '--set', 'digest.everySteps=2',
];

test('a run of two kinds of backend ends, with every sample once, and names both kinds', async (t) => {
  t.timeout(120_000);
  const data = await temporaryFolder(t);
  await makeImages(data);
  const run = await startRun(t, data, FLAGS);
  // The slow one first: the other must find it at work.
  run.startWorker('plain', '--backend', 'cpu');
  await untilStep(run.url, 1);
  run.startWorker('fast', '--backend', 'simd');
  const report = await run.finish();
  t.like(report.samples, { planned: 480, committed: 480, duplicated: 0, missing: 0 });
  t.deepEqual(report.workers.map(({ id, backend }) => `${id} ${backend.split('/')[0]}`).sort(), ['fast simd', 'plain cpu']);
  t.regex(run.coordinator.output(), /workers of different kinds in one run/);
  t.is(await startPretext(t, ['verify', run.out]).exited, 0);
  t.notRegex(run.coordinator.output(), /run stops/);
});
