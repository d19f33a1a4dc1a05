// Folders of results that are not there yet, or are there and empty.

import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { writeFolder } from '../../../scripts/measure/write-folder.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

test('results come into an empty folder that is there, which stays the one that it was, as into a new one', async (t) => {
  const folder = await makeTempFolder(t);
  const [there, other] = [join(folder, 'there'), join(folder, 'new')];
  await mkdir(there);
  const { ino } = await stat(there);
  for (const out of [there, other]) {
    t.is(await writeFolder(out, async (partial) => {
      await writeFiles(partial, { 'a.txt': 'a', 'b/c.txt': 'c' });
      return 7;
    }), 7);
    t.deepEqual((await readdir(out)).sort(), ['a.txt', 'b']);
    t.is(await readFile(join(out, 'b', 'c.txt'), 'utf8'), 'c');
  }
  // A mount cannot be replaced by another folder.
  t.is((await stat(there)).ino, ino);
});

test('work that fails leaves nothing, and the folder as it was', async (t) => {
  const folder = await makeTempFolder(t);
  await mkdir(join(folder, 'there'));
  for (const name of ['there', 'new']) {
    await t.throwsAsync(writeFolder(join(folder, name), async (partial) => {
      await writeFiles(partial, { 'a.txt': 'a' });
      throw new Error('no more');
    }), { message: 'no more' });
  }
  t.deepEqual(await readdir(folder), ['there']);
  t.deepEqual(await readdir(join(folder, 'there')), []);
});
