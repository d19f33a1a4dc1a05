// What a run that goes on knows of the looks of before.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openLooks } from '../../../coordinator/observe/open-looks.js';
import { createEvents, type RunEvent } from '../../../coordinator/run/events.js';
import { advanceStage, createStageState } from '../../../coordinator/run/state.js';
import type { Look } from '../../../shared/learning.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('the last look and the best checkpoint of before are known, until steps are distrusted; what a killed look left is removed', async (t) => {
  const folder = await makeTempFolder(t);
  const checkpoints = join(folder, 'checkpoints');
  await mkdir(checkpoints);
  for (const name of ['look-7.safetensors', 'best.safetensors']) await writeFile(join(checkpoints, name), '');
  const solved = { metrics: {}, numPuzzles: 0 };
  const spread = { deviation: 1, effectiveRank: 2 };
  const look: Look = { numItems: 10, held: solved, trained: solved, spread, spreadUntrained: spread, gradient: {} };
  const best = { step: 4, metric: 'knn', value: 0.5, checkpoint: 'best' };
  await writeFile(join(folder, 'looks.ndjson'), [4, 8].map((step) => `${JSON.stringify({ stage: 1, step, look, best })}\n`).join(''));

  const stages = [{ recipe: readRecipe({ data: { root: 'x' } }), paths: { checkpoints } }];
  const looks = await openLooks({ stages, path: join(folder, 'looks.ndjson'), events: createEvents<RunEvent>() });
  t.deepEqual(await readdir(checkpoints), ['best.safetensors']);
  t.is(looks.lastOf(2), undefined);
  const state = advanceStage(createStageState(), looks.lastOf(1)!, 0);
  t.deepEqual([state.look, state.best], [{ step: 8, look }, best]);
  const after = advanceStage(state, { type: 'rolledBack', stage: 1, from: 8, to: 6, reason: '', distrusted: true }, 0);
  t.deepEqual([after.look, after.best], [undefined, best]);
});
