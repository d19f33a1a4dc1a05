// Masks: the numbers of a PNG as they are, which picture each is of, and what of them cannot be used.

import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { describeListing } from '../../../../shared/datasets/describe-listing.js';
import { imageFolder } from '../../../../shared/datasets/image-folder.js';
import { guessPixels, nameNumbers } from '../../../../shared/datasets/masks/mask-classes.js';
import { matchMasks } from '../../../../shared/datasets/masks/match-masks.js';
import { readNumbers } from '../../../../shared/datasets/masks/png.js';
import { freshRandom } from '../../../helpers/numerics.js';
import { makePng } from '../../../helpers/png.js';
import { makeTempFolder, writeFiles } from '../../../helpers/temp-folder.js';

test('indexed and grey PNG files of any depth give their numbers, whatever the filters', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const bits of [1, 2, 4, 8]) {
    for (const colour of [0, 3]) {
      const [width, height] = [1 + random.int(20), 1 + random.int(20)];
      const values = Uint8Array.from({ length: width * height }, () => random.int(2 ** bits));
      t.deepEqual(readNumbers(makePng({ width, height, values, bits, colour })), { values, width, height });
    }
  }
});

test('a grey PNG that another encoder wrote gives its numbers', async (t) => {
  const { random } = freshRandom();
  const values = Uint8Array.from({ length: 30 * 20 }, () => random.int(256));
  const png = await sharp(values, { raw: { width: 30, height: 20, channels: 1 } }).toColourspace('b-w').png({ adaptiveFiltering: true }).toBuffer();
  t.deepEqual(readNumbers(png), { values, width: 30, height: 20 });
});

test('colours, 16 bits, interlacing, and files that are cut or damaged are refused with the reason', (t) => {
  const good = { width: 4, height: 3, values: Uint8Array.from({ length: 12 }, (_, i) => i) };
  const png = makePng(good);
  const refused: [Uint8Array, RegExp][] = [
    [Buffer.from('no png'), /no PNG file/], [makePng({ ...good, colour: 2 }), /it has colours, expected an indexed or grey PNG/], [makePng({ ...good, bits: 16 }), /16 bits/],
    [makePng({ ...good, interlaced: true }), /interlaced/], [png.subarray(0, png.length - 20), /file ends/], [png.subarray(0, 20), /file ends/],
    [Buffer.concat([png.subarray(0, 16), Buffer.from([0x7f, 0xff, 0xff, 0xff]), png.subarray(20)]), /too large/], [Buffer.concat([png.subarray(0, 20), Buffer.from([0, 0, 0, 9]), png.subarray(24)]), /damaged or cut off|file ends/],
  ];
  for (const [bytes, reason] of refused) t.regex(t.throws(() => readNumbers(bytes)).message, reason);
});

test('a mask lies beside its picture, or in a folder masks in the place of images or beside it', (t) => {
  const paths = ['a/1.jpg', 'a/1.mask.png', 'images/b/2.jpg', 'masks/b/2.png', 'train/3.png', 'train/masks/3.png', '4.mask.png', 'masks/b/5.png'];
  const { pictures, maskOf, orphans } = matchMasks(paths);
  t.deepEqual(pictures, ['a/1.jpg', 'images/b/2.jpg', 'train/3.png']);
  t.deepEqual([...maskOf].sort(), [['a/1.jpg', 'a/1.mask.png'], ['images/b/2.jpg', 'masks/b/2.png'], ['train/3.png', 'train/masks/3.png']]);
  t.deepEqual(orphans.map(({ path }) => path), ['4.mask.png', 'masks/b/5.png']);
});

test('a folder masks none of whose files is a mask holds pictures', (t) => {
  t.deepEqual(matchMasks(['masks/1.png', 'masks/2.png', 'hats/1.png']), { pictures: ['masks/1.png', 'masks/2.png', 'hats/1.png'], maskOf: new Map(), orphans: [] });
});

const picture = (width: number, height: number): Promise<Buffer> => sharp({ create: { width, height, channels: 3, background: '#808080' } }).png().toBuffer();

test('masks are listed with their picture, and those that do not fit are named and cost no picture', async (t) => {
  const root = await makeTempFolder(t);
  const mask = (values: number[], width = 4) => makePng({ width, height: values.length / width, values });
  const square = (value: number) => new Array<number>(16).fill(value);
  await writeFiles(root, {
    'classes.txt': 'ground\nsky\ntree\n',
    'a.png': await picture(4, 4), 'a.mask.png': mask([...square(0).slice(0, 9), 1, 1, 1, 1, 255, 255, 255]),
    'b.png': await picture(4, 4), 'b.mask.png': mask(square(7)),
    'c.png': await picture(8, 4), 'c.mask.png': mask(square(1)),
    'd.png': await picture(4, 4), 'd.mask.png': await picture(4, 4),
    'e.png': await picture(4, 4), 'f.mask.png': mask(square(0)),
  });
  const survey = await imageFolder.list(root, { holdout: 0, seed: 1 });
  t.deepEqual(survey.items.map(({ path, mask: own }) => [path, own?.path]), [['a.png', 'a.mask.png'], ['b.png', undefined], ['c.png', undefined], ['d.png', undefined], ['e.png', undefined]]);
  t.deepEqual(survey.items[0]!.mask!.pixels, { 0: 9, 1: 4, 255: 3 });
  const reasons = Object.fromEntries(survey.rejected.map(({ path, reason }) => [path, reason]));
  t.regex(reasons['b.mask.png']!, /value 7, and classes\.txt names the classes 0 to 2; 255 stands for unknown/);
  t.regex(reasons['c.mask.png']!, /mask of 4x4 pixels, and its picture has 8x4/);
  t.regex(reasons['d.mask.png']!, /colours/);
  t.regex(reasons['f.mask.png']!, /no picture of its name/);
  const lines = describeListing(survey).join('\n');
  t.regex(lines, /masks: 1 of 5 pictures have one, of 3 classes: ground, sky, tree; without: b\.png, c\.png, d\.png and 1 more/);
  t.regex(lines, /classes of no pixel of a training mask: tree/);
  await rm(join(root, 'classes.txt'));
  await symlink('/etc/passwd', join(root, 'classes.txt'));
  t.regex((await t.throwsAsync(imageFolder.list(root, { holdout: 0, seed: 1 }))).message, /classes\.txt" cannot be read: it is a link that leads out/);
  await rm(join(root, 'classes.txt'));
  await writeFile(join(root, 'classes.txt'), 'a\n\nb\n');
  t.regex((await t.throwsAsync(imageFolder.list(root, { holdout: 0, seed: 1 }))).message, /classes\.txt line 2/);
});

test('classes without names are numbered as far as masks go, and a guesser says one of them of all pixels', (t) => {
  const maskOf = (pixels: Record<string, number>) => ({ path: '', bytes: 1, content: '', pixels });
  const masks = [maskOf({ 0: 6, 1: 2 }), maskOf({ 0: 1, 2: 3, 255: 100 }), maskOf({ 255: 8 })];
  const items = masks.map((mask, index) => ({ index, path: '', kind: 'image', bytes: 1, split: 'train', mask }) as const);
  t.deepEqual(nameNumbers(items, undefined), ['class 0', 'class 1', 'class 2']);
  t.deepEqual(nameNumbers(items, ['a', 'b', 'c', 'd']), ['a', 'b', 'c', 'd']);
  t.regex(t.throws(() => nameNumbers(items, ['a', 'b']), { code: 'BAD_RECIPE' }).message, /values up to 2, .* given 2/);
  // Of class 0: 3/4 over two classes, 1/4 over two. Of class 2: nothing over three, 3/4 over two.
  t.deepEqual(guessPixels(masks, 3), { classShares: [0.5, 0.125, 0.375], chance: { sampleIou: (0.375 + 0.125) / 2, pixelAccuracy: 0.5 } });
});
