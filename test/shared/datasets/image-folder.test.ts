import { stat, symlink } from 'node:fs/promises';
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
  const { content, modifiedMs } = items[3]!;
  t.deepEqual(items[3], { index: 3, path: 'train/dog/b.jpg', kind: 'image', bytes: image.length, split: 'train', label: 'dog', width: 6, height: 4, content, modifiedMs });
  t.regex(content!, /^[0-9a-f]{64}$/);
  t.is(modifiedMs, (await stat(join(root, 'train/dog/b.jpg'))).mtimeMs);
  t.deepEqual(rejected, []);
  t.deepEqual(ignored, [{ extension: 'md', count: 1, why: 'no pictures' }]);
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

test('links are not followed out of the folder, and inside it they count instead of their targets', async (t) => {
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
  t.deepEqual(items.map(({ path }) => path), ['again.jpg', 'b.jpg']);
  t.deepEqual(rejected.map(({ path, code }) => [path, code]), [['nowhere.jpg', 'NOT_FOUND'], ['out.jpg', 'REFUSED'], ['outer', 'REFUSED']]);
});

test('files of other kinds are counted by extension, with why they are not used', async (t) => {
  const image = await makeImage();
  const root = await makeFolder(t, { 'a.jpg': image, 'v0.mp4': 'x', 'v1.MP4': 'x', 'scan.xyz': 'x', 'set.zip': 'x', README: 'x', 'labels.csv': 'path,label\na.jpg,dog' });
  const { ignored, labels } = await imageFolder.list(root, OPTIONS);
  t.deepEqual(ignored.map(({ extension, count }) => [extension, count]), [['mp4', 2], ['', 1], ['xyz', 1], ['zip', 1]]);
  t.regex(ignored[0]!.why, /videos, .*data\.source: video-folder/);
  t.regex(ignored[3]!.why, /unpack/);
  t.deepEqual(labels, { rows: 1, matched: 1, unmatched: 0, unlisted: 0 });
});

test('class folders with names of every object are classes, in a split', async (t) => {
  const image = await makeImage();
  const names = ['__proto__', 'constructor', 'toString'];
  const { items } = await imageFolder.list(await makeFolder(t, Object.fromEntries(names.map((name) => [`${name}/1.jpg`, image]))), { holdout: 0, seed: 1 });
  t.deepEqual(items.map(({ label, split }) => [label, split]), names.map((name) => [name, 'train']));
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
  await t.throwsAsync(detectSource(await makeFolder(t, { 'd.txt': 'x', e: 'x' })), { code: 'DATA_EMPTY', message: /2 other files \(without an extension, \.txt\)/ });
  const links = await makeFolder(t, {});
  await symlink(join(mixed, 'a.jpg'), join(links, 'a.jpg'));
  await t.throwsAsync(detectSource(links), { code: 'DATA_EMPTY', message: /1 links that lead out of it/ });
  t.is(await detectSource(links, { links: 'all' }), 'image-folder');
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
