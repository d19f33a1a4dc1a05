// What a set of pictures decides: range, bands, means and deviations.

import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { imageFolder } from '../../../../shared/datasets/image-folder.js';
import { createHistogram } from '../../../../shared/datasets/pictures/histogram.js';
import { resolvePixels, type ResolvedPixels } from '../../../../shared/datasets/pictures/resolve-pixels.js';
import { parseSet } from '../../../../shared/recipe/overrides.js';
import { makeDicom, makeTiff, words, type TiffOptions } from '../../../helpers/pictures.js';
import { parseStage } from '../../../helpers/recipes.js';
import { makeTempFolder, writeFiles } from '../../../helpers/temp-folder.js';

async function resolve(t: ExecutionContext, files: Readonly<Record<string, Uint8Array>>, ...sets: string[]): Promise<ResolvedPixels> {
  const root = await makeTempFolder(t);
  await writeFiles(root, files);
  const { items, rejected } = await imageFolder.list(root, { holdout: 0, seed: 1 });
  t.deepEqual(rejected, []);
  const { recipe } = parseStage('data: {root: x}', { overrides: sets.map(parseSet) });
  return resolvePixels(recipe.data, { root, items });
}

const SIZE = { width: 10, height: 10 } as const;
const grey = (type: TiffOptions['type'], numberOf: (i: number) => number): Buffer =>
  makeTiff({ ...SIZE, type, numbers: Array.from({ length: 100 }, (_, i) => numberOf(i)) });

const plain = (): Promise<Buffer> => sharp({ create: { ...SIZE, channels: 3, background: 'red' } }).png().toBuffer();

test('pictures of 8 bits are taken as they are, and none of them is read for it', async (t) => {
  const { keys, facts, notes } = await resolve(t, { 'a.png': await plain() });
  t.like(keys, { channels: 'rgb', range: 'full' });
  t.is(facts, undefined);
  t.deepEqual(notes, []);
});

for (const [name, make, expected] of [
  ['12 bits in 16 have the range of 12 bits', () => grey('uint16', (i) => i * 41), { types: { uint16: [[0, 4095]] } }],
  ['16 bits that are used are taken as they are', () => grey('uint16', (i) => i * 650), 'full'],
  ['signed numbers have the range of their middle', () => grey('int16', (i) => i * 30 - 1000), { types: { int16: [[-1000, 1970]] } }],
  ['fractions between 0 and 1 that use it have that range', () => grey('float32', (i) => i / 100), 'full'],
  ['a narrow band of a deep type is spread', () => grey('uint16', (i) => 30_000 + i), { types: { uint16: [[30_000, 30_099]] } }],
] as const) {
  test(`auto: ${name}`, async (t) => {
    const { keys, facts } = await resolve(t, { 'a.tif': make(), 'b.tif': make() });
    t.deepEqual(keys.range as unknown, expected);
    t.like(facts, { counted: 2 });
  });
}

test('auto: a stray pixel costs nothing', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`${k}.tif`, grey('uint16', (i) => (k === 0 && i === 0 ? 65_535 : i * 41))]));
  const { keys, notes } = await resolve(t, many);
  t.deepEqual(keys.range as unknown, { types: { uint16: [[0, 4059]] } });
  t.regex(notes.join(), /0 to 4059.*99\.8 %.*65535/);
});

test('auto leaves pictures of 8 bits alone that stand beside deeper ones', async (t) => {
  const { keys } = await resolve(t, { 'a.png': await plain(), 'b.tif': grey('uint16', (i) => i * 41) });
  t.deepEqual(keys.range as unknown, { types: { uint16: [[0, 4095]] } });
});

test('percentiles are those of all values of the set, of any type', async (t) => {
  const two = { 'a.tif': grey('int16', (i) => i), 'b.tif': grey('int16', (i) => 100 + i) };
  const { keys } = await resolve(t, two, 'data.range={percentiles: [10, 90]}');
  // Of the numbers 0 to 199 the 20th and the 180th.
  t.deepEqual(keys.range as unknown, { types: { int16: [[19, 179]] } });
  const eight = await resolve(t, { 'a.tif': grey('uint8', (i) => i) }, 'data.range={percentiles: [0, 100]}');
  t.deepEqual(eight.keys.range as unknown, { types: { uint8: [[0, 99]] } });
});

test('a stated range is left as it is', async (t) => {
  for (const range of ['[-1000, 400]', '{bits: 12}', 'full']) {
    const { keys, facts } = await resolve(t, { 'a.tif': grey('int16', (i) => i) }, `data.range=${range}`);
    t.deepEqual(keys.range as unknown, parseSet(`x=${range}`).value);
    t.is(facts, undefined);
  }
});

test('a window that a file has is its own', async (t) => {
  const dicom = makeDicom({ width: 10, height: 10, pixels: words(...Array.from({ length: 100 }, (_, i) => i * 40)), bits: [16, 12], window: [2000, 400] });
  t.is((await resolve(t, { 'a.dcm': dicom })).keys.range, 'full');
});

test('all takes the number of bands that most pictures have, and measures each band', async (t) => {
  const six = makeTiff({ ...SIZE, type: 'uint8', numbers: Array.from({ length: 600 }, (_, i) => (i % 6) * 40 + (Math.floor(i / 6) % 2) * 20), extra: [0, 0, 0, 0, 0] });
  const { keys, facts } = await resolve(t, { 'a.tif': six, 'b.tif': six, 'c.png': await plain() }, 'data.channels=all');
  t.deepEqual(keys.channels as unknown, [1, 2, 3, 4, 5, 6]);
  // The red picture has no fourth band, so nothing of it counts.
  keys.mean!.forEach((mean, band) => t.true(Math.abs(mean - (band * 40 + 10) / 255) < 1e-4, `${band}: ${mean}`));
  for (const deviation of keys.deviation!) t.true(Math.abs(deviation - 10 / 255) < 1e-4);
  t.like(facts, { types: { uint8: 3 }, mean: keys.mean });
});

test('bands that nobody asked for are said once', async (t) => {
  const four = makeTiff({ ...SIZE, type: 'uint8', numbers: Array.from({ length: 400 }, (_, i) => i % 200), extra: [0, 0, 0] });
  const { notes } = await resolve(t, { 'a.tif': four, 'b.tif': four });
  t.is(notes.length, 1);
  t.regex(notes[0]!, /2 of 2 pictures.*first three.*data\.channels=all/);
});

test('what the order of files is changes nothing', async (t) => {
  const files = { 'a.tif': grey('float32', (i) => Math.sin(i) * 50), 'b.tif': grey('float32', (i) => i - 300) };
  const swapped = { 'a.tif': files['b.tif'], 'b.tif': files['a.tif'] };
  t.deepEqual((await resolve(t, files)).keys.range, (await resolve(t, swapped)).keys.range);
});

test('a histogram of fractions gives percentiles to one part in 256, moments with them', (t) => {
  const histogram = createHistogram('float32');
  for (let i = 0; i <= 1000; i++) histogram.add(i / 10 - 20);
  histogram.add(Number.NaN);
  t.is(histogram.total, 1001);
  t.deepEqual([histogram.least, histogram.most], [-20, 80]);
  for (const [percent, value] of [[10, -10], [50, 30], [90, 70]] as const) {
    for (const side of ['low', 'high'] as const) {
      const found = histogram.percentile(percent, side);
      t.true(Math.abs(found - value) <= Math.abs(value) / 256 + 0.1, `${percent} ${side}: ${found}`);
    }
  }
  const { sum } = histogram.moments([-20, 80]);
  t.true(Math.abs(sum / 1001 - 0.5) < 0.005);
});
