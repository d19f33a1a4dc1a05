import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { hashContent } from '../../../shared/datasets/content-hash.js';
import { locateFile } from '../../../shared/datasets/locate-file.js';
import { createContentCheck } from '../../../worker/data/content-check.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('a file of the same name, size and time that holds something else is seen', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'a.png');
  const when = new Date(1e12);
  const write = async (text: string): Promise<void> => {
    await writeFile(path, text);
    await utimes(path, when, when);
  };
  await write('one');
  const { hash } = await hashContent(path);
  const holds = createContentCheck();
  const look = async (): Promise<boolean> => holds((await locateFile(folder, 'a.png'))!, { bytes: 3, content: hash });
  t.true(await look());
  t.true(await look());
  await new Promise((resolve) => setTimeout(resolve, 20));
  await write('two');
  t.false(await look());
});

test('without a hash the size has to do', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFile(join(folder, 'a'), 'one');
  const file = (await locateFile(folder, 'a'))!;
  const holds = createContentCheck();
  t.true(await holds(file, { bytes: 3 }));
  t.false(await holds(file, { bytes: 4 }));
});
