// Several classes an item: those from a confidence on, and the confidence in all, in a table that is a list of labels too.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { openCheckpoint } from '../../../scripts/actions/open-checkpoint.js';
import { formatLabels, summariseLabels } from '../../../scripts/format/labels.js';
import { tellItems } from '../../../scripts/predict/kinds.js';
import { predictLabels, type LabelPrediction } from '../../../scripts/predict/labels.js';
import { parseCsv } from '../../../shared/datasets/csv.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages, makeVideos } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const signal = new AbortController().signal;
const classes = ['cat', 'dog, big', 'eel'];

test('a file has the classes from the threshold on, and the table can be learnt from', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, photos] = [join(folder, 'weights.safetensors'), join(folder, 'photos')];
  await makeCheckpoint(file, smallRecipe('multi-label', { classes }));
  await makeImages(photos, 4);
  await makeVideos(join(folder, 'clips'), 1);
  const opened = await openCheckpoint(file);
  const usual = { backend: 'simd', signal };
  const { predictions, classes: told } = await predictLabels(opened, { ...usual, paths: [photos, join(folder, 'clips')], threshold: 0.5 });
  t.deepEqual([told, predictions.length], [classes, 5]);
  for (const { labels, confidences } of predictions) {
    t.true(confidences.every((confidence) => confidence > 0 && confidence < 1) && confidences.length === 3);
    t.deepEqual(new Set(labels.map(({ label }) => label)), new Set(classes.filter((_, k) => confidences[k]! >= 0.5)));
    t.deepEqual(labels.map(({ confidence }) => confidence), confidences.filter((confidence) => confidence >= 0.5).sort((a, b) => b - a));
  }

  const out = join(photos, 'labels.csv');
  const threshold = predictions[1]!.confidences[1]!;
  const { lines } = await tellItems(opened, { ...usual, paths: [photos] }, { out, threshold });
  t.regex(lines[0]!, /^4 items: /);
  const [header, ...rows] = parseCsv(await readFile(out, 'utf8'), out).map(({ fields }) => fields);
  t.deepEqual(header, ['path', 'label', ...classes]);
  t.deepEqual(rows.map(([path, , ...numbers]) => [path, numbers]), predictions.slice(0, 4).map(({ confidences }, i) => [`00${i}.png`, confidences.map((each) => each.toFixed(6))]));
  t.true(rows[1]![1]!.split(';').includes('dog, big'));
  const { items } = await imageFolder.list(photos, { holdout: 0, seed: 1 });
  t.deepEqual(items.map(({ label }) => label), rows.map(([, label]) => label));
  t.deepEqual(rows.map(([, label]) => label), (await predictLabels(opened, { ...usual, paths: [photos], threshold })).predictions.map(({ labels }) => labels.map(({ label }) => label).join(';') || ';'));

  await t.throwsAsync(tellItems(opened, { ...usual, paths: [photos] }, { top: 3 }), { code: 'BAD_ARGUMENT', message: /--top: expected a checkpoint of classify, given one of multi-label/ });
});

test('an item of no class is said to be, and classes are counted', (t) => {
  const predictions: LabelPrediction[] = [[0.9, 0.8], [0.9], []].map((confidences, i) => ({ path: `${i}`, labels: confidences.map((confidence, k) => ({ label: 'ab'[k]!, confidence })), confidences }));
  t.deepEqual(formatLabels({ predictions }), ['0  a 90.0 %, b 80.0 %', '1  a 90.0 %', '2  of no class']);
  t.is(summariseLabels({ predictions }), '3 items: 2 a, 1 b, 1 of no class');
});
