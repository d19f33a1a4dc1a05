// Features of real pictures and clips by the file of a checkpoint.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { encodeItems, type EncodeOptions } from '../../../scripts/measure/encode-items.js';
import { countInstances } from '../../../scripts/measure/read-values.js';
import { parseCsv } from '../../../shared/datasets/csv.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages, makeVideos } from '../../helpers/data.js';
import { largestError } from '../../helpers/numerics.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const usual = (from: string, folder: string): EncodeOptions =>
  ({ from, folder, backend: 'simd', stage: 'last', split: 'all', per: 'item', signal: new AbortController().signal });

test('the command names what it cannot use, and writes a row for everything else in the order of the listing', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data, out] = ['weights.safetensors', 'data', join('new', 'F.csv')].map((name) => join(folder, name)) as [string, string, string];
  await makeCheckpoint(file, smallRecipe('rotation'));
  for (const label of ['cat', 'dog']) await makeImages(join(data, 'train', label), 3);
  await makeImages(join(data, 'test', 'cat'), 1);
  const picture = await readFile(join(data, 'train', 'cat', '000.png'));
  // One is empty as it is listed, the other is found to be cut short when it is decoded.
  await writeFiles(data, { 'train/cat/empty.png': '', 'train/dog/broken.png': picture.subarray(0, picture.length / 2) });
  const command = startPretext(t, ['embed', file, '--data', data, '--out', out, '--stage', 'all', '--backend', 'simd', '--json']);
  t.is(await command.exited, 0, command.output());
  const told = JSON.parse(command.output()) as { numRows: number; stages: unknown; unusable: { path: string }[] };
  t.is(told.numRows, 7);
  t.deepEqual(told.stages, [{ name: 'stage1', numbers: 4 }, { name: 'stage2', numbers: 8 }]);
  t.deepEqual(told.unusable.map(({ path }) => path), ['train/cat/empty.png', 'train/dog/broken.png']);
  const [, ...rows] = parseCsv(await readFile(out, 'utf8'), out).map(({ fields }) => fields);
  const paths = rows.map(([path]) => path!);
  t.deepEqual(paths, [...paths].sort());
  t.deepEqual(rows.map((fields) => fields.slice(1, 3).join()), paths.map((path) => path.split('/').slice(0, 2).join()));
  // The last stage of all is what it is alone.
  const alone = await encodeItems(usual(file, data));
  t.deepEqual(rows.map((fields) => Float32Array.from(fields.slice(-8), Number)), alone.rows.map(({ numbers }) => numbers));
});

test('a row of a clip is the mean of its frames, which say when they are', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'clips')];
  await makeCheckpoint(file, smallRecipe('frame-order'));
  await makeVideos(data, 2);
  const frames = await encodeItems({ ...usual(file, data), per: 'frame', numFrames: 4, stage: 'stage1' });
  const clips = await encodeItems({ ...usual(file, data), numFrames: 4, stage: 'stage1' });
  t.is(frames.rows.length, 4 * clips.rows.length);
  clips.rows.forEach(({ item, numbers }, clip) => {
    const own = frames.rows.slice(4 * clip, 4 * clip + 4);
    t.true(own.every((row) => row.item.index === item.index));
    const mean = Array.from(numbers, (_, d) => own.reduce((sum, row) => sum + row.numbers[d]! / 4, 0));
    t.true(largestError(numbers, mean) < 1e-6);
    const times = own.map(({ frame }) => frame!.timeS);
    t.deepEqual(times, own.map(({ frame }) => frame!.number / 8));
    t.deepEqual(times, [...times].sort((a, b) => a - b));
  });
});

test('a trunk is used alone, whatever its task keeps for each item', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'pictures')];
  await makeCheckpoint(file, smallRecipe('instance'), { numInstances: 5 });
  await makeImages(data, 2);
  t.is(await countInstances(file), 5);
  const { rows, stages } = await encodeItems(usual(file, data));
  t.deepEqual([rows.length, stages.length, rows[0]!.numbers.length], [2, 1, 8]);
});

test('what cannot be answered is said with what to do', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data] = [join(folder, 'weights.safetensors'), join(folder, 'pictures')];
  await makeCheckpoint(file, smallRecipe('rotation'));
  await makeImages(join(data, 'train'), 2);
  const wrong: [Partial<EncodeOptions>, string, RegExp][] = [
    [{ folder: undefined }, 'BAD_ARGUMENT', /does not say where its data are/],
    [{ stage: 'stage9' }, 'BAD_ARGUMENT', /expected all, last or one of stage1, stage2, given "stage9"/],
    [{ from: join(folder, 'none') }, 'NOT_FOUND', /the folder of a run or a \.safetensors file/],
    [{ split: 'test' }, 'DATA_EMPTY', /No item of .* is in the test split/],
    [{ signal: AbortSignal.abort() }, 'CANCELLED', /./],
  ];
  for (const [change, code, message] of wrong) await t.throwsAsync(encodeItems({ ...usual(file, data), ...change }), { code, message });
});
