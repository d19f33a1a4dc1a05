// Classes of real files, by the command.

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { formatPredictions, formatPredictionsAsCsv, summarisePredictions } from '../../../scripts/format/predictions.js';
import { openCheckpoint } from '../../../scripts/actions/open-checkpoint.js';
import { predictClasses } from '../../../scripts/predict/classes.js';
import { tellItems } from '../../../scripts/predict/kinds.js';
import { parseCsv } from '../../../shared/datasets/csv.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages, makeVideos } from '../../helpers/data.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const signal = new AbortController().signal;
const classes = ['cat', 'dog, big', 'eel'];

test('files and folders are told with confidence, those that cannot be used by name', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, photos, out] = ['weights.safetensors', 'photos', 'F.csv'].map((name) => join(folder, name)) as [string, string, string];
  await makeCheckpoint(file, smallRecipe('classify', { classes }));
  await makeImages(photos, 3);
  await makeVideos(join(folder, 'clips'), 1);
  const alone = relative(process.cwd(), join(photos, '002.png'));
  await writeFiles(folder, { 'notes.txt': 'no picture', 'broken\u001b.png': 'nor this' });
  const paths = [alone, photos, join(folder, 'clips'), join(folder, 'notes.txt'), join(folder, 'broken\u001b.png')];
  const command = startPretext(t, ['predict', file, ...paths, '--out', out, '--top', '2', '--backend', 'simd']);
  t.is(await command.exited, 0, command.output());
  t.regex(command.output(), /^5 items: /);
  t.regex(command.output(), /\n3 files could not be used\n {2}.*notes\.txt: .*\n {2}.*broken\\u001b\.png: .*\n {2}.*broken-on-purpose\.mp4: /);
  const [header, ...rows] = parseCsv(await readFile(out, 'utf8'), out).map(({ fields }) => fields);
  t.deepEqual(header, ['path', 'label', 'confidence', 'label_2', 'confidence_2']);
  t.deepEqual(rows.map(([path]) => path).slice(0, 4), [alone, ...[0, 1, 2].map((i) => join(photos, `00${i}.png`))]);
  t.true(rows[4]![0]!.startsWith(join(folder, 'clips')));
  // The same file says the same, however it is named.
  t.deepEqual(rows[0]!.slice(1), rows[3]!.slice(1));

  // Paths of a lone folder are those below it, as of pretext embed.
  const { predictions } = await predictClasses(await openCheckpoint(file), { paths: [photos], top: 9, backend: 'simd', signal });
  t.deepEqual(predictions.map(({ path }) => path), ['000.png', '001.png', '002.png']);
  for (const [i, { top }] of predictions.entries()) {
    t.deepEqual([...top.map(({ label }) => label)].sort(), classes);
    t.true(Math.abs(top.reduce((sum, { confidence }) => sum + confidence, 0) - 1) < 1e-9);
    t.deepEqual(top.slice(0, 2).flatMap(({ label, confidence }) => [label, confidence.toFixed(6)]), rows[i + 1]!.slice(1));
  }
});

test('a checkpoint without classes, files that are not there and files that are no pictures are refused', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, other] = [join(folder, 'weights.safetensors'), join(folder, 'other.safetensors')];
  await makeCheckpoint(file, smallRecipe('classify', { classes }));
  await makeCheckpoint(other, smallRecipe('rotation'));
  await makeImages(join(folder, 'photos'), 1);
  await writeFiles(folder, { 'notes.txt': 'no picture' });
  const tell = async (from: string, paths: string[], more = {}) => tellItems(await openCheckpoint(from), { paths, backend: 'simd', signal, ...more }, {});
  const photos = join(folder, 'photos');
  await t.throwsAsync(tell(other, [photos]), { code: 'BAD_STATE', message: /expected a checkpoint of classify, multi-label or segment, given one of rotation/ });
  await t.throwsAsync(tell(file, [join(folder, 'none.png')]), { code: 'NOT_FOUND', message: /none\.png" is not there/ });
  await t.throwsAsync(tell(file, [join(folder, 'notes.txt')]), { code: 'DATA_UNUSABLE', message: /None of the 1 files can be used/ });
  await t.throwsAsync(tell(file, [photos], { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});

test('the summary counts classes, the most frequent first', (t) => {
  const predictions = ['b', 'a', 'b', 'c'].map((label, i) => ({ path: `${i}`, top: [{ label, confidence: 0.5 }] }));
  t.is(summarisePredictions({ predictions }), '4 items: 2 b, 1 a, 1 c');
  t.is([...formatPredictionsAsCsv(predictions, 1)].join(''), 'path,label,confidence\n0,b,0.500000\n1,a,0.500000\n2,b,0.500000\n3,c,0.500000\n');
});

test('more items are printed than a function takes arguments', (t) => {
  const predictions = Array.from({ length: 200_000 }, (_, i) => ({ path: `${i}`, top: [{ label: 'a', confidence: 0.5 }] }));
  t.is(formatPredictions({ predictions })[7], '7       a 50.0 %');
});
