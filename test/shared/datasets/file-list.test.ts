import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { describeListing, findProblems } from '../../../shared/datasets/describe-listing.js';
import { parseList } from '../../../shared/datasets/file-list.js';
import { detectSource, sources } from '../../../shared/datasets/index.js';
import { temporaryFolder } from '../../helpers/processes.js';
import sharp from 'sharp';

test('a list has a path a line: empty lines, comments, foreign slashes and absolute paths below the folder are understood', (t) => {
  const text = '\uFEFF# chosen by hand\r\na/1.png\r\n\r\na\\2.png\n/data/a/3.png\n./b/../a/with space.png';
  t.deepEqual([...parseList(text, '/data')], [['a/1.png', 2], ['a/2.png', 4], ['a/3.png', 5], ['a/with space.png', 6]]);
});

test('only what is on the list is used, and what it names in vain is said', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'photos');
  await mkdir(join(root, 'cat'), { recursive: true });
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } }).png().toBuffer();
  for (const name of ['1', '2', '3']) await writeFile(join(root, `cat/${name}.png`), png);
  await writeFile(join(root, 'film.mp4'), 'no film');
  await writeFile(join(folder, 'elsewhere.png'), png);
  await symlink(join(folder, 'elsewhere.png'), join(root, 'cat/out.png'));
  const list = join(folder, 'list.txt');
  await writeFile(list, 'cat/1.png\ncat/3.png\ncat/none.png\ncat/out.png\n');

  t.is(await detectSource(root, { list }), 'image-folder');
  const survey = await sources['image-folder'].list(root, { holdout: 0, seed: 1, list });
  t.deepEqual(survey.items.map(({ path, label }) => [path, label]), [['cat/1.png', 'cat'], ['cat/3.png', 'cat']]);
  t.deepEqual(survey.rejected.map(({ path, code }) => [path, code]), [['cat/none.png', 'NOT_FOUND'], ['cat/out.png', 'REFUSED']]);
  t.true(describeListing(survey).includes('the list: 2 of 4 paths found; 2 files of the folder are not on it'));
  t.deepEqual(findProblems(survey), ['2 of 4 paths of the list are of no file that can be read.']);

  await writeFile(join(root, 'labels.csv'), 'path,label\ncat/1.png,tabby\ncat/2.png,siamese\ncat/gone.png,tabby\n');
  const labelled = await sources['image-folder'].list(root, { holdout: 0, seed: 1, list });
  t.deepEqual(labelled.items.map(({ path, label }) => [path, label]), [['cat/1.png', 'tabby'], ['cat/3.png', undefined]]);
  t.deepEqual(labelled.labels, { rows: 3, matched: 1, unmatched: 1, unlisted: 1 });
  t.deepEqual(labelled.rejected.map(({ path }) => path), ['cat/gone.png', 'cat/none.png', 'cat/out.png']);
  await writeFile(join(root, 'labels.csv'), 'path,label\ncat/2.png,siamese\n');
  t.is((await sources['image-folder'].list(root, { holdout: 0, seed: 1, list })).items.length, 2);

  await writeFile(list, 'dog/1.png\n');
  await t.throwsAsync(sources['image-folder'].list(root, { holdout: 0, seed: 1, list }), { code: 'BAD_ARGUMENT', message: /it has "dog\/1\.png", the folder has "cat\/1\.png"/ });
  await t.throwsAsync(sources['image-folder'].list(root, { holdout: 0, seed: 1, list: join(folder, 'absent.txt') }), { code: 'BAD_ARGUMENT', message: /cannot be read/ });
});
