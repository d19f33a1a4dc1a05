// `pretext export`: what lies in the folder, what is refused, and that PyTorch gives the same features from it.

import test from 'ava';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readArrays } from '../../../shared/checkpoint/read-arrays.js';
import { readSafetensors } from '../../../shared/tensors/safetensors.js';
import { writeExport } from '../../../scripts/actions/export.js';
import { openCheckpoint } from '../../../scripts/actions/open-checkpoint.js';
import { exportFormatNames } from '../../../scripts/commands/export.js';
import { backends } from '../../../worker/backends/index.js';
import { exportFormats } from '../../../worker/export/formats/index.js';
import type { Facts } from '../../../worker/export/card.js';
import { computeOurs, createExported, drawPictures, toPlanes, writeExported, type ExportCase } from '../../helpers/export-cases.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { startPretext } from '../../helpers/processes.js';
import { findPython } from '../../helpers/python.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

const SMALL: ExportCase = { model: 'convnet', options: { width: 4, stages: 2 }, side: 16, classes: ['cat', 'dog'] };

test.before(async () => {
  await backends.simd.start();
});

test('the command and the registry know the same formats', (t) => {
  t.deepEqual([...exportFormatNames], Object.keys(exportFormats) as typeof exportFormatNames[number][]);
});

test('an export has its files, a card and the same for programs, and a folder with something in it is refused', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'checkpoint.safetensors');
  await writeExported(path, createExported(SMALL, freshRandom().random));
  const out = join(folder, 'onnx');
  const command = startPretext(t, ['export', path, '--format', 'onnx', '--out', out, '--json']);
  t.is(await command.exited, 0, command.output());
  t.deepEqual(JSON.parse(command.output()), { checkpoint: path, format: 'onnx', folder: out, files: ['model.onnx', 'README.md', 'export.json'], labels: ['cat', 'dog'] });
  t.deepEqual((await readdir(out)).sort(), ['README.md', 'export.json', 'model.onnx']);
  const card = await readFile(join(out, 'README.md'), 'utf8');
  for (const expected of ['byte / 255', '0.485, 0.456, 0.406', 'the model itself subtracts', '`cat`, `dog`', 'step 7', '## Licence', '`stage2`']) t.true(card.includes(expected), expected);
  const facts = JSON.parse(await readFile(join(out, 'export.json'), 'utf8')) as Facts;
  t.deepEqual([facts.labels, facts.input.layout, facts.input.normalisedInside, facts.provenance?.run, facts.licence], [['cat', 'dog'], 'NCHW', true, 'made', null]);
  await t.throwsAsync(writeExport(path, { format: 'onnx', out }), { code: 'BAD_ARGUMENT', message: /has something in it/ });
  await t.throwsAsync(writeExport(path, { format: 'onnx', out: join(out, 'README.md') }), { code: 'REFUSED', message: /a file is where a folder should be/ });
});

test('an export that is stopped, or that the disk does not take, leaves nothing, and takes nothing away', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'checkpoint.safetensors');
  await writeFiles(folder, { 'out.partial/mine.txt': 'mine' });
  await writeExported(path, createExported(SMALL, freshRandom().random));
  await t.throwsAsync(writeExport(path, { format: 'onnx', out: join(folder, 'out') }, AbortSignal.abort()), { code: 'CANCELLED' });
  await t.throwsAsync(writeExport(path, { format: 'onnx', out: join(path, 'out') }), { code: 'REFUSED' });
  t.deepEqual((await readdir(folder)).sort(), ['checkpoint.safetensors', 'out.partial']);
  await writeExport(path, { format: 'onnx', out: join(folder, 'out/') });
  t.deepEqual((await readdir(folder)).sort(), ['checkpoint.safetensors', 'out', 'out.partial']);
  t.is(await readFile(join(folder, 'out.partial/mine.txt'), 'utf8'), 'mine');
});

test('weights by our names are a checkpoint that says what it is, without what only training needs', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'checkpoint.safetensors');
  const exported = createExported(SMALL, freshRandom().random);
  await writeExported(path, { ...exported, arrays: [...exported.arrays, { name: 'optimizer/velocity/trunk/a', shape: [1], values: Float32Array.of(1) }] });
  await writeExport(path, { format: 'safetensors', out: join(folder, 'ours') });
  const written = join(folder, 'ours', 'model.safetensors');
  t.deepEqual((await readSafetensors(written)).tensors, exported.arrays);
  t.deepEqual((await openCheckpoint(written)).recipe, (await openCheckpoint(path)).recipe);
});

const wide = (options: object): ExportCase => ({ model: 'resnet18', options: { width: 64, ...options }, side: 16 });

for (const [format, given, message] of [
  ['torchvision', SMALL, /torchvision has no counterpart of the model convnet/],
  ['torchvision', wide({ width: 8 }), /have a width of 64, this one of 8/],
  ['timm', SMALL, /of timm's models only ViTs/],
] as const) {
  test(`a ${given.model} with ${JSON.stringify(given.options)} is refused as ${format}, with the reason`, async (t) => {
    const folder = await makeTempFolder(t);
    const path = join(folder, 'checkpoint.safetensors');
    await writeExported(path, createExported(given, freshRandom().random));
    await t.throwsAsync(writeExport(path, { format, out: join(folder, 'out') }), { code: 'BAD_ARGUMENT', message });
    t.deepEqual(await readdir(folder), ['checkpoint.safetensors']);
  });
}

test('weights by the names of timm come back with the same bits', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'checkpoint.safetensors');
  const exported = createExported({ model: 'vit', options: { patch: 4, width: 8, depth: 2, heads: 2, learntGrid: 3, classToken: true }, side: 12 }, freshRandom().random);
  await writeExported(path, exported);
  await writeExport(path, { format: 'timm', out: join(folder, 'timm') });
  const { tensors, convention } = await readArrays(join(folder, 'timm', 'model.safetensors'), () => true, { options: exported.model.options, arrays: exported.arrays });
  t.is(convention, 'timm');
  t.deepEqual(tensors, exported.arrays);
});

const NUM_PICTURES = 2;
const TOLERANCE = 1e-4;

const cases: readonly (ExportCase & { readonly format: 'torchvision' | 'timm' })[] = [
  { format: 'torchvision', ...wide({ norm: 'group' }), classes: ['cat', 'dog', 'owl'] },
  { format: 'torchvision', ...wide({ norm: 'batch', stem: 'large', padding: 'torch' }), side: 40 },
  { format: 'torchvision', ...wide({ norm: 'batch', stem: 'large' }), side: 34 },
  { format: 'torchvision', model: 'resnet50', options: { norm: 'batch', stem: 'large', padding: 'torch' }, side: 32 },
  { format: 'timm', model: 'vit', options: { patch: 4, width: 12, depth: 5, heads: 3 }, side: 16, classes: ['a', 'b'], answers: 'several' },
  { format: 'timm', model: 'vit', options: { patch: 4, width: 8, depth: 2, heads: 2, learntGrid: 3, classToken: true, gelu: 'exact' }, side: 12 },
];

test('PyTorch loads weights by the names of torchvision and timm strictly, and gives our features and logits within 1e-4', async (t) => {
  const runPython = await findPython(t, ['numpy', 'torch', 'torchvision', 'timm', 'safetensors']);
  if (!runPython) return;
  const { random } = freshRandom();
  const folder = await makeTempFolder(t);
  const ours: { readonly features: Float32Array; readonly whole: Float32Array }[] = [];
  const listed: object[] = [];
  for (const [i, given] of cases.entries()) {
    const exported = createExported(given, random);
    const path = join(folder, `${i}.safetensors`);
    await writeExported(path, exported);
    await writeExport(path, { format: given.format, out: join(folder, `${i}`) });
    const pictures = drawPictures(random, given, NUM_PICTURES);
    await writeFile(join(folder, `${i}.bin`), new Uint8Array(toPlanes(pictures, [NUM_PICTURES, given.side, given.side, 3]).buffer));
    listed.push({ folder: `${i}`, input: `${i}.bin`, batch: NUM_PICTURES, channels: 3, side: given.side });
    const { features, logits = features } = computeOurs(exported, pictures);
    ours.push({ features: features!.values, whole: logits!.values });
  }
  await writeFile(join(folder, 'cases.json'), JSON.stringify(listed));
  const results = await runPython('load_theirs.py', folder) as readonly { readonly features: number[]; readonly whole: number[] }[];
  const errors = results.flatMap((theirs, i) => (['features', 'whole'] as const).map((what) => largestError(theirs[what], ours[i]![what])));
  t.log(`largest error of each: ${errors.map((error) => error.toExponential(1)).join(', ')}`);
  t.is(errors.length, 2 * cases.length);
  errors.forEach((error, i) => t.true(error < TOLERANCE, `${JSON.stringify(cases[i >> 1])}: off by ${error}`));
});
