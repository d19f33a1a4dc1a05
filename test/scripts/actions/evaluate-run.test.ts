// Evaluation of the file of a checkpoint, on a folder.

import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { evaluateRun } from '../../../scripts/actions/evaluate-run.js';
import { formatEvaluation } from '../../../scripts/format/evaluation.js';
import { conventions } from '../../../shared/checkpoint/foreign/index.js';
import { writeSafetensors } from '../../../shared/tensors/safetensors.js';
import { toTheirs } from '../../../worker/export/weights/to-theirs.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages } from '../../helpers/data.js';
import { createExported } from '../../helpers/export-cases.js';
import { freshRandom } from '../../helpers/numerics.js';
import { makePng } from '../../helpers/png.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const usual = { backend: 'simd', signal: new AbortController().signal };

test('a file is evaluated on a folder: its task, probes, learnt classes, and what could not be used by name', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'data')];
  await makeCheckpoint(file, smallRecipe('classify', { classes: ['cat', 'dog'] }));
  for (const split of ['train', 'test']) for (const label of ['cat', 'dog', 'eel']) await makeImages(join(data, split, label), 2);
  await writeFiles(data, { 'test/cat/broken.pgm': 'P5 8 8 255\ntoo short' });
  const { pretext, stages, numClasses, classification, unusable, numUnusable, checkpoint } = await evaluateRun({ ...usual, run: file, data });
  t.is(checkpoint, file);
  t.deepEqual([pretext.numPuzzles > 0, stages.length, numClasses], [true, 2, 3]);
  // An item of a class that was not learnt cannot be told.
  t.is(classification!.numItems, 4);
  t.deepEqual([numUnusable, unusable.map(({ path }) => path)], [1, ['test/cat/broken.pgm']]);
});

test('masks of a folder are measured, unless their numbers are of other classes than were learnt', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'data')];
  await makeCheckpoint(file, smallRecipe('segment', { classes: ['ground', 'cat', 'class 2'] }));
  await makeImages(join(data, 'test'), 2);
  const mask = (value: number): Buffer => makePng({ width: 48, height: 48, values: Uint8Array.from({ length: 48 * 48 }, (_, i) => (i % 48 < 24 ? 0 : value)) });
  await writeFiles(data, { 'test/000.mask.png': mask(1), 'test/001.mask.png': mask(2), 'classes.txt': 'ground\ncat\ndog\n' });
  const { segmentation, stages } = await evaluateRun({ ...usual, run: file, data });
  t.deepEqual([segmentation!.numPictures, segmentation!.numPixels, stages], [2, 2 * 24 * 24, []]);
  t.deepEqual(segmentation!.classes.map(({ name, support }) => [name, support]), [['ground', 24 * 24], ['cat', 12 * 24], ['class 2', 12 * 24]]);
  await writeFiles(data, { 'classes.txt': 'ground\ndog\ncat\n' });
  await t.throwsAsync(evaluateRun({ ...usual, run: file, data }), { code: 'BAD_ARGUMENT', message: /expected class 1 to be "cat", as it was learnt, given "dog"/ });
});

test('how many items a task keeps something of is read from the file', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'data')];
  await makeCheckpoint(file, smallRecipe('instance'), { numInstances: 5 });
  for (const split of ['train', 'test']) await makeImages(join(data, split), 2);
  const { pretext, classification } = await evaluateRun({ ...usual, run: file, data });
  t.is(pretext.numPuzzles, 8);
  t.is(classification, undefined);
  await t.throwsAsync(evaluateRun({ ...usual, run: file }), { code: 'BAD_ARGUMENT', message: /does not say where its data are/ });
});

test('of weights of another library the trunk alone is evaluated', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'vit.safetensors'), join(folder, 'data')];
  const exported = createExported({ model: 'vit', options: { patch: 4, width: 64, depth: 2, heads: 1, learntGrid: 3, classToken: true, gelu: 'exact' }, side: 12 }, freshRandom().random);
  await writeSafetensors(file, toTheirs(exported, conventions.timm, 'head'), {});
  for (const split of ['train', 'test']) for (const label of ['cat', 'dog']) await makeImages(join(data, split, label), 2);
  const result = await evaluateRun({ ...usual, run: file, data, withAttentive: true });
  t.deepEqual(result.pretext, { metrics: {}, numPuzzles: 0 });
  t.true(result.stages.length > 0 && result.stages.every(({ attentive }) => attentive !== undefined));
  t.regex(formatEvaluation(result)[0]!, /^probes /);
});
