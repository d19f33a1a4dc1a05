// Results that are there whole or not at all.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { endings } from '../../../scripts/embed/formats.js';
import { prepareFile, writeWhole } from '../../../scripts/measure/write-whole.js';
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

test('what was there stays where writing fails on the way', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'F.csv');
  await writeWhole(path, ['first\n', Buffer.from('lines\n')]);
  function* broken(): Generator<string> {
    yield 'second';
    throw new Error('no more');
  }
  await t.throwsAsync(writeWhole(path, broken()), { message: 'no more' });
  t.is(await readFile(path, 'utf8'), 'first\nlines\n');
  t.deepEqual(await readdir(folder), ['F.csv']);
});
