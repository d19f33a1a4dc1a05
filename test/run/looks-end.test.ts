// A look that hangs when its run is over: the run ends when it is told to, with its report, and leaves neither process nor file.

import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { readReport, startRun, until } from '../helpers/processes.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

/** The process that looks at a run, once there is one. */
async function findLook(out: string): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    const line = await readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '');
    if (/^\d+$/.test(name) && line.includes('processes/look.js') && line.includes(out)) return Number(name);
  }
  return undefined;
}

test('a finished run that is told to stop does not wait for a look that hangs, and writes its report', async (t) => {
  t.timeout(120_000);
  if (process.platform !== 'linux') {
    t.log('left out: processes are found by /proc');
    return t.pass();
  }
  const data = await makeTempFolder(t);
  await makeImages(data);
  const run = await startRun(t, data, ['--task', 'rotation', '--steps', '1', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'batch.microbatches=1', '--set', 'evaluate.everySteps=1']);
  run.startWorker('a');
  const look = await until('the look is under way', () => findLook(run.out));
  process.kill(look, 'SIGSTOP');
  // Until the final state is read, a stop is one before the end; nothing tells from outside when that is.
  await sleep(5000);
  run.coordinator.child.kill('SIGTERM');
  t.is(await run.coordinator.exited, EXIT.done, run.coordinator.output());
  const { checkpoint } = await readReport(run.out);
  t.deepEqual(await readdir(dirname(checkpoint)), ['step-000001.safetensors']);
  t.is(await findLook(run.out), undefined);
});
