import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { makeFolder } from '../../shared/make-folder.js';
import { makeTempFolder } from '../helpers/temp-folder.js';

test('a folder is made with those above it, and may be there already', async (t) => {
  const path = join(await makeTempFolder(t), 'a', 'b', 'c');
  for (let time = 0; time < 2; time++) await makeFolder(path);
  t.true((await stat(path)).isDirectory());
});

test('many that make the same deep folder at once all have it', async (t) => {
  const root = await makeTempFolder(t);
  for (let round = 0; round < 10; round++) {
    const path = join(root, `${round}`, ...'abcdefghij');
    const calls: Promise<void>[] = [];
    for (let call = 0; call < 20; call++) {
      calls.push(makeFolder(path));
      // In step with each other they would not meet.
      for (let turn = 0; turn < 3; turn++) await setImmediate();
    }
    await t.notThrowsAsync(Promise.all(calls));
    t.true((await stat(path)).isDirectory());
  }
});

test('where no folder can be made there is an error at once', async (t) => {
  const file = join(await makeTempFolder(t), 'file');
  await writeFile(file, '');
  await t.throwsAsync(makeFolder(join(file, 'below')), { code: 'ENOTDIR' });
  await t.throwsAsync(makeFolder(file), { code: 'EEXIST' });
  if (process.platform === 'linux') await t.throwsAsync(makeFolder('/proc/no/such'), { code: 'REFUSED', message: /takes no folders/ });
});
