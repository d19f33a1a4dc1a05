// Whether a result can be written, before it is there.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { endings } from '../../../scripts/embed/formats.js';
import { prepareFile } from '../../../scripts/measure/prepare-file.js';
import { writeWhole } from '../../../shared/write-whole.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

test('names of other endings, and of folders, are refused before anything is computed', async (t) => {
  const folder = await makeTempFolder(t);
  for (const name of ['features.txt', 'features', '.csv', 'features.constructor']) {
    await t.throwsAsync(prepareFile(join(folder, name), { endings }), { code: 'BAD_ARGUMENT', message: /ends in \.csv, \.npy, \.parquet, given/ });
  }
  await writeFiles(folder, { 'a.csv/b.txt': '' });
  await t.throwsAsync(prepareFile(join(folder, 'a.csv'), { flag: '--draw' }), { code: 'BAD_ARGUMENT', message: /^--draw: .* is a folder/ });
  await t.throwsAsync(prepareFile(join(folder, 'a.csv', 'b.txt', 'c.csv'), { endings: ['.csv'] }), { code: 'REFUSED' });
});

test('a name in any case and in a folder that is not there yet is prepared, and nothing is left lying', async (t) => {
  const folder = await makeTempFolder(t);
  await prepareFile(join(folder, 'new', 'F.CSV'), { endings: ['.csv'] });
  t.deepEqual(await readdir(join(folder, 'new')), []);
  await prepareFile(join(folder, 'of any ending'));
  t.deepEqual(await readdir(folder), ['new']);
});

test('a file that somebody else called .partial stays as it is', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'F.csv.partial': 'mine' });
  await prepareFile(join(folder, 'F.csv'), { endings: ['.csv'] });
  await writeWhole(join(folder, 'F.csv'), ['lines\n']);
  t.deepEqual((await readdir(folder)).sort(), ['F.csv', 'F.csv.partial']);
  t.is(await readFile(join(folder, 'F.csv.partial'), 'utf8'), 'mine');
});
