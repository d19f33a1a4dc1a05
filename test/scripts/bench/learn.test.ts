import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { chooseLooked, createParts, drawSteps, readPictures, scoreFeatures, writeViews, type LearnOptions } from '../../../scripts/bench/learn-ours.js';
import { backends } from '../../../worker/backends/index.js';
import { makeImages } from '../../helpers/data.js';
import { temporaryFolder } from '../../helpers/processes.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('the views that a peer reads are those that ours learns from, step by step, first one side and then the other', async (t) => {
  const folder = await temporaryFolder(t);
  const data = join(folder, 'data');
  await makeImages(data);
  const options: LearnOptions = { data, steps: 3, batch: 4, side: 16, width: 4, rate: 0.001, temperature: 0.2, maxItems: 5 };
  const [parts, pictures] = [createParts(options, 1), await readPictures(data, 16)];
  const path = join(folder, 'views');
  await writeViews(parts, pictures, path);
  const written = await readFile(path);
  const drawn = [...drawSteps(parts, pictures)];
  t.deepEqual(drawn.map(({ step }) => step), [1, 2, 3]);
  t.true(drawn.every(({ weights }) => weights.every((weight) => weight === 1)));
  t.true(written.equals(Buffer.concat(drawn.flatMap(({ arrays }) => [arrays['one']!, arrays['other']!].map((bytes) => Buffer.from(bytes as Uint8Array))))));
  t.true(chooseLooked(pictures, 16, 5).every(({ bytes }) => bytes.length === 16 * 16 * 3));
});

test('neighbours are those of the other split: features that tell classes apart score all, equal ones a class', (t) => {
  const looked = (['train', 'test'] as const).flatMap((split) => ['a', 'b'].flatMap((label) => Array.from({ length: 4 }, () => ({ split, label, bytes: new Uint8Array() }))));
  t.is(scoreFeatures(looked, looked.map(({ label }, i) => Float32Array.of(label === 'a' ? 1 : 0, label === 'b' ? 1 : 0, 0.01 * i))), 1);
  t.is(scoreFeatures(looked, looked.map(() => Float32Array.of(1, 1, 1))), 0.5);
});
