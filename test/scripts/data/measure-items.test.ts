// Looking at data is given up at once.

import { join } from 'node:path';
import test from 'ava';
import { measureItems } from '../../../scripts/data/measure-items.js';
import { listFolder } from '../../../scripts/tasks/list-folder.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('a signal while items are decoded cancels', async (t) => {
  const root = join(await makeTempFolder(t), 'pictures');
  await makeImages(root, 4);
  const given = parseRecipe(JSON.stringify({ data: { root }, task: { name: 'rotation' } })).recipe.stages[0]!;
  const stop = new AbortController();
  const { recipe, items } = await listFolder(given, stop.signal);
  const looking = measureItems(items, recipe, stop.signal);
  stop.abort();
  await t.throwsAsync(looking, { code: 'CANCELLED' });
});
