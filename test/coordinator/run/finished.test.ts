// Whether a run is over is asked at every start: where it has no report, its journal is not looked at.

import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { readFinished } from '../../../coordinator/run/finished.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('a run whose report is absent or broken has something to do, whatever its journal says', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  const { recipe } = parseRecipe('data: {root: x}');
  const read = (): Promise<unknown> => readFinished({ recipe, stages: [], paths });
  t.is(await read(), undefined);
  for (const text of ['', '{"runId":', 'null']) {
    await writeFile(paths.report, text);
    t.is(await read(), undefined);
  }
  await writeFile(paths.report, '{"runId":"a"}');
  await t.throwsAsync(read(), { code: 'NOT_FOUND' });
  await writeFile(paths.journal, '');
  t.is(await read(), undefined);
});
