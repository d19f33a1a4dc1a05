// A run on a real worker process with the backend webgpu, its GPU played by the processor.

import { join } from 'node:path';
import test from 'ava';
import { makeImages } from '../helpers/data.js';
import { startPretext, startRun, temporaryFolder } from '../helpers/processes.js';
import { NO_SOFTWARE_GPU, softwareGpuEnvironment } from '../helpers/software-gpu.js';
import { skipWithReason } from '../helpers/test-data.js';

const FLAGS = [
  '--task', 'rotation', '--steps', '3', '--seed', '11', '--set', 'data.side=12', '--set', 'data.shortSide=16',
  '--set', 'model.options.width=4', '--set', 'model.options.stages=2', '--set', 'batch.microbatches=2', '--set', 'batch.microbatchSize=2',
  '--set', 'digest.everySteps=1',
];

test('a worker on webgpu finishes a run, and the journal names its adapter', async (t) => {
  t.timeout(300_000);
  const environment = softwareGpuEnvironment();
  if (environment === undefined) return skipWithReason(t, NO_SOFTWARE_GPU);
  const data = join(await temporaryFolder(t), 'data');
  await makeImages(data);
  const run = await startRun(t, data, FLAGS);
  const worker = startPretext(t, ['worker', '--join', run.url, '--name', 'gpu', '--data', data, '--backend', 'webgpu'], environment);
  const report = await run.finish();
  t.is(await worker.exited, 0, worker.output());
  t.like(report.samples, { planned: 12, committed: 12, duplicated: 0, missing: 0 });
  t.regex(report.workers[0]!.backend, /^webgpu\/SwiftShader/);
  t.true(Number.isFinite(report.loss.last));
  t.is(await startPretext(t, ['verify', run.out]).exited, 0);
});
