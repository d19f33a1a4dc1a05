// Masks of real files: of their own size, of the numbers that are learnt from, whole or not at all.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import sharp from 'sharp';
import { openCheckpoint } from '../../../scripts/actions/open-checkpoint.js';
import { formatMasks, summariseMasks } from '../../../scripts/format/masks.js';
import { tellItems } from '../../../scripts/predict/kinds.js';
import type { MaskPrediction } from '../../../scripts/predict/masks.js';
import { nameMasks } from '../../../scripts/predict/name-masks.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { readNumbers } from '../../../shared/datasets/masks/png.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages, makeVideos } from '../../helpers/data.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const signal = new AbortController().signal;
const classes = ['ground', 'cat', 'dog'];

test('pictures of any shape get masks of their own size, which can be learnt from as they are', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data, clips] = [join(folder, 'weights.safetensors'), join(folder, 'data'), join(folder, 'clips')];
  await makeCheckpoint(file, smallRecipe('segment', { classes }));
  await makeImages(join(data, 'images'), 2);
  const noise = Uint8Array.from({ length: 90 * 40 * 3 }, (_, i) => (i * 7919) % 251);
  const wide = sharp(noise, { raw: { width: 90, height: 40, channels: 3 } });
  // Shown on its side by what the file says of itself.
  await writeFiles(data, { 'images/a/wide.png': await wide.png().toBuffer(), 'images/a/high.jpg': await wide.jpeg().withMetadata({ orientation: 6 }).toBuffer(), 'images/broken.png': 'no picture' });
  await makeVideos(clips, 1);
  const opened = await openCheckpoint(file);
  const usual = { backend: 'simd', signal };
  const out = join(data, 'masks');
  const { predicted, lines } = await tellItems(opened, { ...usual, paths: [join(data, 'images')] }, { out });
  const predictions = predicted.predictions as MaskPrediction[];
  t.deepEqual(predictions.map(({ path, mask, width, height }) => [path, mask, width, height]), [
    ['000.png', '000.png', 48, 48], ['001.png', '001.png', 48, 48], ['a/high.jpg', 'a/high.png', 40, 90], ['a/wide.png', 'a/wide.png', 90, 40],
  ]);
  t.deepEqual(predicted.unusable.map(({ path }) => path), ['broken.png']);
  t.regex(lines[0]!, /^4 pictures: .* % of the pixels$/);
  t.is(await readFile(join(out, 'classes.txt'), 'utf8'), 'ground\ncat\ndog\n');
  for (const { mask, width, height, shares } of predictions) {
    const { values, ...size } = readNumbers(await readFile(join(out, mask!)));
    t.deepEqual(size, { width, height });
    t.deepEqual((await sharp(join(out, mask!)).metadata()).channels, 1);
    const byHand = classes.map((label, number) => ({ label, share: values.filter((value) => value === number).length / values.length }));
    t.deepEqual(shares, byHand.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share));
  }
  const { items } = await imageFolder.list(data, { holdout: 0, seed: 1 });
  t.deepEqual(items.map(({ mask }) => mask?.path), ['masks/000.png', 'masks/001.png', 'masks/a/high.png', 'masks/a/wide.png']);

  // Without a folder the same is said, and nothing written.
  const said = await tellItems(opened, { ...usual, paths: [join(data, 'images', '000.png'), clips] }, {});
  t.deepEqual((said.predicted.predictions as MaskPrediction[]).map(({ shares, mask }) => [shares, mask]), [[predictions[0]!.shares, undefined]]);
  t.true(said.predicted.unusable.some(({ reason }) => reason === 'Masks are told of pictures, and it is a video.'));
  await t.throwsAsync(tellItems(opened, { ...usual, paths: [data] }, { out: join(data, 'images') }), { code: 'BAD_ARGUMENT', message: /has something in it/ });
  await t.throwsAsync(tellItems(opened, { ...usual, paths: [data], signal: AbortSignal.abort() }, { out: join(folder, 'other') }), { code: 'CANCELLED' });
  await t.throwsAsync(tellItems(opened, { ...usual, paths: [data] }, { threshold: 0.1 }), { code: 'BAD_ARGUMENT', message: /--threshold: expected a checkpoint of multi-label/ });
  t.deepEqual((await readdir(folder)).sort(), ['clips', 'data', 'weights.safetensors']);
});

test('no name of a picture leads out of the folder of masks, and none is given twice', (t) => {
  t.deepEqual([...nameMasks(['a/1.jpg', 'a/1.png', 'A/1.gif', '../x.jpg', '/x.png', './x.png', './x.png', 'C:\\y.jpg', '2'])], [
    ['a/1.jpg', 'a/1.png'], ['a/1.png', 'a/1.png.png'], ['A/1.gif', 'A/1.gif.png'], ['../x.jpg', 'x.png'], ['/x.png', 'x.png.png'], ['./x.png', 'x.png.2.png'], ['C:\\y.jpg', 'y.png'], ['2', '2.png'],
  ]);
});

test('no mask is named as the folder of another', (t) => {
  t.deepEqual([...nameMasks(['a.jpg', 'a.png/b.PNG/1.jpg', 'a.png/b.jpg'])], [['a.jpg', 'a.jpg.png'], ['a.png/b.PNG/1.jpg', 'a.png/b.PNG/1.png'], ['a.png/b.jpg', 'a.png/b.jpg.png']]);
});

test('shares of all pixels are those of pictures by their sizes', (t) => {
  const predictions: MaskPrediction[] = [
    { path: 'a.png', width: 10, height: 10, shares: [{ label: 'cat', share: 0.75 }, { label: 'ground', share: 0.25 }] },
    { path: 'bb.png', width: 10, height: 30, shares: [{ label: 'ground', share: 1 }] },
  ];
  t.deepEqual(formatMasks({ predictions }), ['a.png   cat 75.0 %, ground 25.0 %', 'bb.png  ground 100.0 %']);
  t.is(summariseMasks({ predictions, classes }), '2 pictures: ground 81.3 %, cat 18.8 % of the pixels');
});
