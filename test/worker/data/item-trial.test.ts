// Whether a sample can be used, by the coordinator's own copy.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LeasedSample } from '../../../shared/protocol/messages.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createItemTrial, type ItemTrial } from '../../../worker/data/item-trial.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

function openTrial(t: ExecutionContext, root: string): ItemTrial {
  const trial = createItemTrial(readRecipe({
    task: { name: 'rotation' }, data: { root, source: 'image-folder', side: 12, shortSide: 16 }, batch: { microbatches: 1, microbatchSize: 2 },
  }), 4);
  t.teardown(() => trial.dispose());
  return trial;
}

/** Each of another item: what failed before is remembered. */
const sampleOf = (path: string, bytes: number, item = path.length + bytes): LeasedSample => ({ position: 0, epoch: 0, sample: 0, item, instance: 0, path, kind: 'image', bytes });

test('a whole file can be used, a cut one cannot, and one that is not here says nothing of what another copy holds', async (t) => {
  const root = await makeTempFolder(t);
  await makeImages(root, 2);
  const cut = (await readFile(join(root, '001.png'))).subarray(0, 200);
  await writeFile(join(root, '001.png'), cut);
  const { size } = await stat(join(root, '000.png'));
  const trial = openTrial(t, root);
  t.is(await trial.try(sampleOf('000.png', size), 'DECODE_FAILED'), 'usable');
  t.is(await trial.try(sampleOf('000.png', size), 'DATA_MISSING'), 'usable');
  t.is(await trial.try(sampleOf('001.png', 200, 1), 'DECODE_FAILED'), 'unusable');
  t.is(await trial.try(sampleOf('000.png', size + 1), 'DATA_CHANGED'), 'unusable');
  t.is(await trial.try(sampleOf('gone.png', 5), 'DATA_MISSING'), 'unusable');
  t.is(await trial.try(sampleOf('gone.png', 5, 7), 'DECODE_FAILED'), 'unknown');
  t.is(await trial.try(sampleOf('../etc', 5), 'DECODE_FAILED'), 'unknown');
});

test('without the folder nothing is known', async (t) => {
  const trial = openTrial(t, join(await makeTempFolder(t), 'gone'));
  t.is(await trial.try(sampleOf('000.png', 5), 'DATA_MISSING'), 'unknown');
});
