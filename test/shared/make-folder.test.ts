import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../../shared/make-folder.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

test('a folder is made with those above it, and may be there already', async (t) => {
  const path = join(await makeTempFolder(t), 'a', 'b', 'c');
  for (let time = 0; time < 2; time++) await makeFolder(path);
  t.true((await stat(path)).isDirectory());
});

test('where no folder can be made there is an error at once', async (t) => {
  const file = join(await makeTempFolder(t), 'file');
  await writeFile(file, '');
  await t.throwsAsync(makeFolder(join(file, 'below')), { code: 'ENOTDIR' });
  await t.throwsAsync(makeFolder(file), { code: 'EEXIST' });
  if (process.platform === 'linux') await t.throwsAsync(makeFolder('/proc/no/such'), { code: 'REFUSED', message: /takes no folders/ });
});
