import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { walkFolder } from '../../../shared/datasets/walk.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

async function makeFolder(t: ExecutionContext, ...paths: string[]): Promise<string> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, path])));
  return folder;
}

test('a link to a file within the folder counts under its own path, and its target not a second time', async (t) => {
  const root = await makeFolder(t, 'all/1.jpg', 'all/2.jpg', 'all/3.jpg');
  await mkdir(join(root, 'train/cat'), { recursive: true });
  await mkdir(join(root, 'test/cat'), { recursive: true });
  await symlink('../../all/1.jpg', join(root, 'train/cat/1.jpg'));
  await symlink('../../all/2.jpg', join(root, 'test/cat/2.jpg'));
  t.deepEqual(await walkFolder(root), { paths: ['all/3.jpg', 'test/cat/2.jpg', 'train/cat/1.jpg'], rejected: [], numOutside: 0, numHidden: 0 });
});

test('a link to a folder within the folder counts likewise, hidden folders too', async (t) => {
  const root = await makeFolder(t, 'v2/train/cat/1.jpg', 'v2/notes.txt', '.volume/test/cat/2.jpg', '.volume/x.jpg');
  await symlink('v2/train', join(root, 'train'));
  await symlink('.volume/test', join(root, 'test'));
  const { paths, numHidden } = await walkFolder(root);
  t.deepEqual(paths, ['test/cat/2.jpg', 'train/cat/1.jpg', 'v2/notes.txt']);
  t.is(numHidden, 1);
});

test('links that lead out, or nowhere, are named, and followed where all are', async (t) => {
  const outside = await makeFolder(t, 'a.jpg', 'folder/b.jpg');
  const root = await makeFolder(t, 'own.jpg');
  await symlink(join(outside, 'a.jpg'), join(root, 'out.jpg'));
  await symlink(join(outside, 'folder'), join(root, 'outer'));
  await symlink('/nowhere.jpg', join(root, 'nowhere.jpg'));
  const { paths, rejected, numOutside } = await walkFolder(root);
  t.deepEqual(paths, ['own.jpg']);
  t.is(numOutside, 2);
  t.deepEqual(rejected.map(({ path, code }) => [path, code]), [['nowhere.jpg', 'NOT_FOUND'], ['out.jpg', 'REFUSED'], ['outer', 'REFUSED']]);
  t.regex(rejected[1]!.reason, /data\.links: all/);
  t.deepEqual((await walkFolder(root, 'all')).paths, ['out.jpg', 'outer/b.jpg', 'own.jpg']);
});

test('links in circles end', async (t) => {
  const root = await makeFolder(t, 'a/1.jpg', 'b/2.jpg');
  await symlink(root, join(root, 'loop'));
  await symlink('..', join(root, 'a/up'));
  await symlink('../b', join(root, 'a/x'));
  await symlink('../a', join(root, 'b/y'));
  const { paths } = await walkFolder(root);
  t.deepEqual(paths.map((path) => path.split('/').at(-1)).sort(), ['1.jpg', '2.jpg']);
});

test('what is no regular file is named, and nothing waits for it', async (t) => {
  const root = await makeFolder(t, '1.jpg');
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  const { paths, rejected } = await walkFolder(root);
  t.deepEqual(paths, ['1.jpg']);
  t.like(rejected, [{ path: 'pipe.jpg', code: 'REFUSED' }]);
});
