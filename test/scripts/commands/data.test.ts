// `pretext data` on folders that the tests make, each with a fault of its own.

import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { DataReport } from '../../../scripts/data/data-report.js';
import { makeImages, makeVideos } from '../../helpers/data.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';
import { findTestData, skipWithReason } from '../../helpers/test-data.js';

interface Told {
  readonly code: number | null;
  readonly text: string;
}

async function tell(t: ExecutionContext, ...args: string[]): Promise<Told> {
  const command = startPretext(t, ['data', ...args]);
  return { code: await command.exited, text: command.output() };
}

async function examine(t: ExecutionContext, ...args: string[]): Promise<DataReport> {
  const { text } = await tell(t, ...args, '--json');
  return JSON.parse(text) as DataReport;
}

/** Pictures in two classes and two splits, all different. */
async function makeSet(folder: string, splits: readonly string[] = ['train', 'test']): Promise<void> {
  const all = join(folder, 'pool');
  await makeImages(all, 12);
  for (const [index, name] of (await readdir(all)).entries()) {
    const target = join(folder, splits[index % 3 === 0 ? 1 : 0]!, index % 2 ? 'cat' : 'dog');
    await mkdir(target, { recursive: true });
    await copyFile(join(all, name), join(target, name));
  }
  await rm(all, { recursive: true });
}

test('a good set is told in full, and nothing is wrong with it', async (t) => {
  const folder = await makeTempFolder(t);
  await makeSet(folder);
  const { code, text } = await tell(t, folder);
  t.is(code, 0, text);
  for (const line of [/\(image-folder\)\n/, /12 images: 8 to train on, 4 held out/, /2 classes: cat 6, dog 6/, /all of 48x48 pixels/, /12 of 12 .* can be decoded/, /no two files hold the same/, /\nnothing is wrong with it\n$/]) t.regex(text, line);
  const report = await examine(t, folder);
  t.deepEqual(report.items, { train: 8, test: 4 });
  t.deepEqual(report.classes, [{ name: 'cat', train: 4, test: 2 }, { name: 'dog', train: 4, test: 2 }]);
  t.deepEqual(report.problems, []);
});

test('beside a file that cannot be used, nothing else is wrong', async (t) => {
  for (const name of ['cut.png', 'phone.heic']) {
    const folder = await makeTempFolder(t);
    await makeSet(folder);
    await writeFiles(folder, { [`train/cat/${name}`]: 'no picture' });
    const { code, text } = await tell(t, folder);
    t.is(code, 0, text);
    t.true(text.includes(name), text);
    t.regex(text, /\nnothing else is wrong with it\n$/);
  }
});

test('the same content in training and held out is wrong', async (t) => {
  const folder = await makeTempFolder(t);
  await makeSet(folder);
  const [name] = await readdir(join(folder, 'train', 'cat'));
  await copyFile(join(folder, 'train', 'cat', name!), join(folder, 'test', 'cat', 'again.png'));
  const { code, text } = await tell(t, folder);
  t.is(code, 1);
  t.regex(text, /1 contents are trained on and held out: test\/cat\/again\.png = train\/cat\//);
});

test('pictures of one colour and black ones are counted, and most of them are wrong', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(folder, 4);
  const paint = async (name: string, background: string): Promise<unknown> => sharp({ create: { width: 40, height: 40, channels: 3, background } }).jpeg().toFile(join(folder, name));
  await paint('black.jpg', 'black');
  await paint('grey.jpg', '#808080');
  const { looks, problems } = await examine(t, folder);
  t.deepEqual([looks.constant, looks.black], [['black.jpg', 'grey.jpg'], ['black.jpg']]);
  t.deepEqual(problems, []);
  for (const name of ['red', 'green', 'blue', 'white']) await paint(`${name}.jpg`, name);
  t.regex((await examine(t, folder)).problems.join('\n'), /Most pictures are of one colour: 6 of 10/);
});

test('files that break off are found, though their heads are whole', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(folder, 6);
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    await writeFile(join(folder, name), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  }
  const { code, text } = await tell(t, folder);
  t.is(code, 1);
  t.regex(text, /Most files cannot be decoded: 6 of 6, 000\.png: The picture cannot be read/);
});

test('what looks like a split, links that lead out, and what is ignored are told', async (t) => {
  const folder = await makeTempFolder(t);
  const elsewhere = await makeTempFolder(t);
  await makeSet(folder, ['train2017', 'val2017']);
  await makeImages(elsewhere, 1);
  await symlink(join(elsewhere, '000.png'), join(folder, 'out.png'));
  await writeFiles(folder, { 'clip.mp4': 'x', 'scan.dat': 'x', '.hidden': 'x' });
  const { code, text } = await tell(t, folder);
  t.is(code, 1);
  for (const line of [/Named like a split.*: train2017, val2017\./, /1 links lead out of the folder.*data\.links: all/, /not used: .*1 \.mp4 \(videos/, /1 hidden/]) t.regex(text, line);
  t.is((await examine(t, folder, '--set', 'data.links=all')).items.train + 1, 13);
});

test('a folder that no run can be started on is wrong in one sentence', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'notes.txt': 'x' });
  const { code, text } = await tell(t, folder);
  t.is(code, 1);
  t.regex(text, /a run on it would be wrong:\n {2}The data folder .* has no video and no image in it, but 1 other files/);
  await makeImages(folder, 3);
  await writeFiles(folder, { 'labels.csv': 'path,label\n000,dog\n' });
  t.regex((await tell(t, folder)).text, /none of them names a file of the folder: it has "000", the folder has "000\.png"/);
  t.regex((await tell(t, join(folder, 'gone'))).text, /^error: The data folder ".*gone" cannot be read: there is no such folder\n/);
});

test('depths and bands are told, and what is deep is looked at in its own range', async (t) => {
  const folder = await makeTempFolder(t);
  for (let k = 0; k < 4; k++) {
    const levels = Uint16Array.from({ length: 32 * 32 }, (_, i) => (i + k) % 64);
    await sharp(levels, { raw: { width: 32, height: 32, channels: 1 } }).toColourspace('grey16').png().toFile(join(folder, `${k}.png`));
  }
  const { lines, looks, problems } = await examine(t, folder);
  t.true(lines.includes('numbers of a pixel: 1 band of uint16 4'), lines.join('\n'));
  t.deepEqual([looks.unreadable, looks.constant, problems], [[], [], []]);
});

test('videos are told with lengths and sound', async (t) => {
  const folder = await makeTempFolder(t);
  await makeVideos(folder, 4);
  const report = await examine(t, folder);
  t.is(report.source, 'video-folder');
  t.is(report.sounding, 0);
  t.is(report.durationsS!.unknown, 0);
  t.true(Math.abs(report.durationsS!.median - 1.5) < 0.01);
  // makeVideos makes one that breaks off.
  t.is(report.looks.unreadable.length, 1);
});

test('the real pictures have nothing wrong', async (t) => {
  t.timeout(120_000);
  const folder = findTestData('images');
  if (folder === undefined) return skipWithReason(t, 'there is no test data here');
  const { problems, looks } = await examine(t, folder);
  t.deepEqual(problems, []);
  t.deepEqual([looks.numLooked, looks.unreadable.length], [4000, 0]);
});
