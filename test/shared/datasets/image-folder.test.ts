import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { ListOptions } from '../../../shared/datasets/dataset.js';
import { detectSource } from '../../../shared/datasets/index.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';
import { findTestData, skipWithReason } from '../../helpers/test-data.js';

const OPTIONS: ListOptions = { holdout: 0.25, seed: 1 };

async function makeImage(width = 6, height = 4): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#123456' } }).jpeg().toBuffer();
}

async function makeFolder(t: ExecutionContext, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, files);
  return folder;
}

test('images are listed in code-unit order with size, split and label; hidden and other files are left out', async (t) => {
  const image = await makeImage();
  const root = await makeFolder(t, {
    'train/dog/b.jpg': image, 'train/dog/B.JPEG': image, 'test/cat/ä.jpg': image, 'test/cat/z.jpg': image,
    '.hidden/x.jpg': image, 'train/.x.jpg': image, 'SOURCES.md': 'text',
  });
  const { items, rejected, ignored } = await imageFolder.list(root, OPTIONS);
  t.deepEqual(items.map(({ path }) => path), ['test/cat/z.jpg', 'test/cat/ä.jpg', 'train/dog/B.JPEG', 'train/dog/b.jpg']);
  t.deepEqual(items[3], { index: 3, path: 'train/dog/b.jpg', kind: 'image', bytes: image.length, split: 'train', label: 'dog', width: 6, height: 4 });
  t.deepEqual(rejected, []);
  t.is(ignored, 1);
});

test('the size is the one shown: EXIF orientation counts', async (t) => {
  const turned = await sharp(await makeImage(8, 3)).withMetadata({ orientation: 6 }).toBuffer();
  const { items } = await imageFolder.list(await makeFolder(t, { 'a.jpg': turned }), OPTIONS);
  t.like(items[0], { width: 3, height: 8 });
});

test('labels.csv decides before folders do, and its missing files are rejected', async (t) => {
  const image = await makeImage();
  const root = await makeFolder(t, {
    'train/dog/1.jpg': image, 'train/dog/2.jpg': image,
    'labels.csv': 'path,label,split,group\ntrain/dog/1.jpg,wolf,test,pack\ngone.jpg,wolf,train,\n',
  });
  const { items, rejected } = await imageFolder.list(root, { holdout: 0, seed: 1 });
  t.like(items[0], { label: 'wolf', split: 'test', group: 'pack' });
  t.like(items[1], { label: undefined, split: 'train' });
  t.like(rejected, [{ path: 'gone.jpg', code: 'NOT_FOUND' }]);
});

test('empty, mislabelled, truncated and dangerous files are rejected, each with its reason', async (t) => {
  const root = await makeFolder(t, {
    'good.jpg': await makeImage(),
    'empty.jpg': '',
    'text.png': 'not a picture',
    'drawing.png': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    'half.png': (await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).png().toBuffer()).subarray(0, 20),
  });
  const { items, rejected } = await imageFolder.list(root, OPTIONS);
  t.deepEqual(items.map(({ path }) => path), ['good.jpg']);
  t.deepEqual(rejected.map(({ path }) => path), ['drawing.png', 'empty.jpg', 'half.png', 'text.png']);
  t.true(rejected.every(({ code, reason }) => code === 'DECODE_FAILED' && reason.length > 10 && !reason.includes(root)));
});

test('links are not followed out of the folder, nor counted twice inside it', async (t) => {
  const image = await makeImage();
  const outside = await makeFolder(t, { 'secret.jpg': image });
  const root = await makeFolder(t, { 'a.jpg': image, '.volume/b.jpg': image });
  await symlink(join(outside, 'secret.jpg'), join(root, 'out.jpg'));
  await symlink(outside, join(root, 'outer'));
  await symlink('/nowhere.jpg', join(root, 'nowhere.jpg'));
  await symlink(join(root, 'a.jpg'), join(root, 'again.jpg'));
  await symlink(root, join(root, 'loop'));
  await symlink(join(root, '.volume/b.jpg'), join(root, 'b.jpg'));
  const { items, rejected } = await imageFolder.list(root, OPTIONS);
  t.deepEqual(items.map(({ path }) => path), ['a.jpg', 'b.jpg']);
  t.deepEqual(rejected.map(({ path, code }) => [path, code]), [['nowhere.jpg', 'REFUSED'], ['out.jpg', 'REFUSED'], ['outer', 'REFUSED']]);
});

test('progress counts every file up to all of them', async (t) => {
  const image = await makeImage();
  const root = await makeFolder(t, { 'a.jpg': image, 'b.jpg': '', 'c.jpg': image });
  const seen: [number, number][] = [];
  await imageFolder.list(root, { ...OPTIONS, onProgress: (done, total) => seen.push([done, total]) });
  t.deepEqual(seen, [[1, 3], [2, 3], [3, 3]]);
});

test('a cancelled listing says so', async (t) => {
  const root = await makeFolder(t, { 'a.jpg': await makeImage() });
  await t.throwsAsync(imageFolder.list(root, { ...OPTIONS, signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});

test('an empty folder, one of broken files, a missing one and a file are different mistakes', async (t) => {
  const root = await makeFolder(t, { 'notes.txt': 'x', 'bad/a.jpg': 'x' });
  await t.throwsAsync(imageFolder.list(join(root, 'bad'), OPTIONS), { code: 'DATA_EMPTY', message: /rejected.*a\.jpg/ });
  const empty = await makeFolder(t, { 'notes.txt': 'x' });
  await t.throwsAsync(imageFolder.list(empty, OPTIONS), { code: 'DATA_EMPTY', message: /\.jpg/ });
  await t.throwsAsync(imageFolder.list(join(root, 'gone'), OPTIONS), { code: 'DATA_MISSING', message: /gone/ });
  await t.throwsAsync(imageFolder.list(join(root, 'notes.txt'), OPTIONS), { code: 'DATA_MISSING' });
});

test('the source is told by what most files are', async (t) => {
  const mixed = await makeFolder(t, { 'a.jpg': 'x', 'b.png': 'x', 'c.mp4': 'x', 'd.txt': 'x' });
  t.is(await detectSource(mixed), 'image-folder');
  await writeFiles(mixed, { 'e.webm': 'x' });
  t.is(await detectSource(mixed), 'video-folder');
  await t.throwsAsync(detectSource(await makeFolder(t, { 'd.txt': 'x' })), { code: 'DATA_EMPTY' });
  await t.throwsAsync(detectSource('/nowhere'), { code: 'DATA_MISSING' });
});

test('listing the same folder twice gives the same manifest', async (t) => {
  const image = await makeImage();
  const root = await makeFolder(t, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i % 3}/${i}.jpg`, image])));
  t.deepEqual(await imageFolder.list(root, OPTIONS), await imageFolder.list(root, OPTIONS));
});

test('the real image folder is listed whole', async (t) => {
  const root = findTestData('images');
  if (!root) return skipWithReason(t, 'there is no test data here');
  const { items, rejected } = await imageFolder.list(root, OPTIONS);
  t.is(items.length, 4000);
  t.is(items.filter(({ split }) => split === 'test').length, 1000);
  t.is(new Set(items.map(({ label }) => label)).size, 10);
  t.deepEqual(rejected, []);
});
