// Files that are there whole or not at all.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { writeWhole } from '../../shared/write-whole.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

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
