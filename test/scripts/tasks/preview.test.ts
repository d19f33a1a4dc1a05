// Previews of every task for images on real files, in this process.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { showTasks } from '../../../scripts/actions/tasks.js';
import { drawSamples } from '../../../scripts/tasks/draw-samples.js';
import { drawSheet } from '../../../scripts/tasks/sheet-of-samples.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { puzzles } from '../../../worker/tasks/puzzles.js';
import type { TaskInfo } from '../../../worker/tasks/task.js';
import { makeImages } from '../../helpers/data.js';
import { makePng } from '../../helpers/png.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const recipeOf = (root: string, name: string, model: string): Recipe =>
  parseRecipe(`{data: {root: ${JSON.stringify(root)}, side: 32, shortSide: 40}, task: {name: ${name}}, model: {name: ${model}}}`, { file: 'recipe' }).recipe.stages[0]!;

const forImages = Object.entries<TaskInfo>(puzzles).filter(([, { media }]) => media === 'image');

test('every task for images has a preview of as many samples as asked for', async (t) => {
  const folder = join(await makeTempFolder(t), 'pictures');
  // Some tasks learn from labels, and one from masks.
  for (const label of ['a', 'b']) {
    await makeImages(join(folder, label), 4);
    for (let index = 0; index < 4; index++) await writeFile(join(folder, label, `00${index}.mask.png`), makePng({ width: 48, height: 48, values: Uint8Array.from({ length: 48 * 48 }, (_, i) => i % 2) }));
  }
  for (const [name, { needsPatches }] of forImages) {
    const samples = await drawSamples(recipeOf(folder, name, needsPatches === true ? 'vit' : 'convnet'), 2, new AbortController().signal);
    t.is(samples.length, 2, name);
    for (const { after, problem } of samples) t.true(problem !== undefined || Object.keys(after).length > 0, name);
    t.true(samples.some(({ problem }) => problem === undefined), name);
    const { width, height, format } = await sharp(await drawSheet(samples)).metadata();
    t.is(format, 'png', name);
    t.true(width > 100 && height > 200, name);
  }
});

test('a task that learns from labels is told with the class of each sample', async (t) => {
  const folder = join(await makeTempFolder(t), 'pictures');
  for (const name of ['cats', 'dogs']) await makeImages(join(folder, name), 4);
  const samples = await drawSamples(recipeOf(folder, 'classify', 'convnet'), 4, new AbortController().signal);
  for (const { path, answer } of samples) t.is(answer, path.split('/')[0]);
});

test('the same puzzles are drawn again, with their answers', async (t) => {
  const folder = join(await makeTempFolder(t), 'pictures');
  await makeImages(folder, 4);
  const draw = () => drawSamples(recipeOf(folder, 'rotation', 'convnet'), 3, new AbortController().signal);
  const samples = await draw();
  t.deepEqual(await draw(), samples);
  for (const { answer } of samples) t.regex(answer!, /^turned by (0|90|180|270) degrees$/);
  const [views] = await drawSamples(recipeOf(folder, 'simclr', 'convnet'), 1, new AbortController().signal);
  t.is(views!.answer, 'all views are of one picture');
});

test('a preview is a PNG, and a name of another ending is refused', async (t) => {
  const folder = await makeTempFolder(t);
  await t.throwsAsync(showTasks('rotation', { data: folder, preview: join(folder, 'a.jpg') }), { code: 'BAD_ARGUMENT', message: /^--preview: expected a name that ends in \.png, given/ });
});

test('what is said of a preview is refused without one', async (t) => {
  await t.throwsAsync(showTasks('rotation', { samples: 3 }), { code: 'BAD_ARGUMENT', message: /^--samples is for a preview/ });
  await t.throwsAsync(showTasks('rotation', { set: ['data.side=32'] }), { code: 'BAD_ARGUMENT', message: /^--set is for a preview/ });
});
