// The promise for pictures of six bands and for deep ones: what the set decides is decided once, for every worker.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { stagePathsOf } from '../../coordinator/run/folder.js';
import { readManifest } from '../../coordinator/run/manifest.js';
import { loadRun } from '../../coordinator/run/prepare.js';
import { createRandom } from '../../shared/random/random.js';
import { IS_LONG } from '../helpers/long.js';
import { makeTiff } from '../helpers/pictures.js';
import { createBitsBench } from '../helpers/same-bits.js';
import { writeFiles } from '../helpers/temp-folder.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

async function makeData(folder: string): Promise<void> {
  for (let k = 0; k < 12; k++) {
    const random = createRandom({ seed: 3, epoch: 0, sample: k, purpose: 'bands' });
    const numbers = Array.from({ length: 30 * 30 * 6 }, (_, i) => random.int(600) + 500 * (i % 6));
    await writeFiles(folder, { [`${k}.tif`]: makeTiff({ width: 30, height: 30, type: 'uint16', numbers, extra: [0, 0, 0, 0, 0] }) });
  }
  // One of many that is not like the others.
  await writeFiles(folder, { 'x.tif': makeTiff({ width: 30, height: 30, type: 'uint8', numbers: Array.from({ length: 3600 }, () => 7), extra: [0, 0, 0] }) });
}

test('two workers give the bits of one on six bands of 16 bits; range, means and the picture of four bands are in the record', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes half a minute; tests of datasets and tasks try bands without processes: npm run test:long');
  t.timeout(180_000);
  const flags = ['--task', 'rotation', '--set', 'data.channels=all', '--set', 'data.holdout=0'];
  const bench = await createBitsBench({ flags, steps: 6, checkpointEvery: 6, makeData });
  t.teardown(() => bench.dispose());
  const { quarantinedFiles } = await bench.reference(t);
  t.deepEqual(quarantinedFiles.map(({ path, code }) => [path, code]), [['x.tif', 'DECODE_FAILED']]);
  t.regex(quarantinedFiles[0]!.reason, /4 bands.*band 5/);

  const run = await bench.start(t);
  run.startWorker('first');
  run.startWorker('second');
  await bench.expectSameBits(t, run);
  const { recipe } = await loadRun(run.out);
  const { channels, range, mean } = recipe.stages[0]!.data;
  t.deepEqual(channels as unknown, [1, 2, 3, 4, 5, 6]);
  t.is(mean!.length, 6);
  const { pixels } = await readManifest(stagePathsOf(run.out, 1).manifest);
  t.like(pixels, { types: { uint8: 1, uint16: 12 }, counted: 12, range, mean });
  t.regex(await readFile(join(run.out, 'recipe.yaml'), 'utf8'), /range:/);
});
