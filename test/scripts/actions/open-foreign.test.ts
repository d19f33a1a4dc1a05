// Weights of other libraries where a checkpoint is expected.

import test from 'ava';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conventions } from '../../../shared/checkpoint/foreign/index.js';
import type { PretextError } from '../../../shared/errors/pretext-error.js';
import { writeSafetensors } from '../../../shared/tensors/safetensors.js';
import { writeExport } from '../../../scripts/actions/export.js';
import { openCheckpoint } from '../../../scripts/actions/open-checkpoint.js';
import { loadTrunk } from '../../../scripts/measure/load-trunk.js';
import { describeGraph } from '../../../worker/export/describe/index.js';
import { toTheirs } from '../../../worker/export/weights/to-theirs.js';
import { createExported, type ExportCase } from '../../helpers/export-cases.js';
import { freshRandom } from '../../helpers/numerics.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const RESNET: ExportCase = { model: 'resnet18', options: { width: 4, norm: 'batch', stem: 'large', padding: 'torch' }, side: 224 };

test('weights of torchvision are opened as the model that their names and shapes are of, at the side that it was made for', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'resnet18.safetensors');
  const exported = createExported(RESNET, freshRandom().random);
  await writeSafetensors(path, toTheirs(exported, conventions.torchvision, 'fc'), {});
  const opened = await openCheckpoint(path);
  t.is(opened.convention, 'torchvision');
  t.deepEqual(opened.recipe.model, { name: 'resnet18', options: exported.model.options });
  t.deepEqual([opened.recipe.data.side, opened.recipe.data.shortSide], [224, 256]);
  const { trunk: { layout, values }, stages } = await loadTrunk(opened);
  t.is(stages.length, 4);
  for (const { name, offset, length } of layout.entries) t.deepEqual(values.slice(offset, offset + length), exported.arrays.find((array) => array.name === name)!.values, name);
  t.is(describeGraph(exported).outputs.length, 5);
});

test('an export of weights of another library says so, and not that a run made them', async (t) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'vit.safetensors');
  const exported = createExported({ model: 'vit', options: { patch: 4, width: 64, depth: 1, heads: 1, learntGrid: 3, classToken: true, gelu: 'exact' }, side: 12 }, freshRandom().random);
  await writeSafetensors(path, toTheirs(exported, conventions.timm, 'head'), {});
  const { recipe: { data, model } } = await openCheckpoint(path);
  t.deepEqual([data.side, data.shortSide, model.options], [12, 14, exported.model.options]);
  await writeExport(path, { format: 'onnx', out: join(folder, 'onnx') });
  const card = await readFile(join(folder, 'onnx', 'README.md'), 'utf8');
  t.regex(card, /# vit, weights of timm/);
  t.regex(card, /Pretext did not train it: its numbers are weights of timm, whose licence holds/);
  await t.throwsAsync(writeExport(path, { format: 'safetensors', out: join(folder, 'ours') }), { code: 'BAD_ARGUMENT', message: /weights of timm, which commands take as they are/ });
});

test('a file of names that nobody knows, or of a model that is not here, is refused with them', async (t) => {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  await writeSafetensors(path, [{ name: 'module.conv1.weight', shape: [1], values: new Float32Array(1) }, { name: 'module.layer1.0.conv1.weight', shape: [1], values: new Float32Array(1) }], {});
  const error = await t.throwsAsync<PretextError>(openCheckpoint(path), { code: 'BAD_STATE', message: /names that begin with "module\."/ });
  t.regex(error.hint ?? '', /removeprefix/);
  await writeSafetensors(path, [{ name: 'conv1.weight', shape: [1], values: new Float32Array(1) }, { name: 'layer1.0.conv1.weight', shape: [1], values: new Float32Array(1) }], {});
  await t.throwsAsync(openCheckpoint(path), { code: 'BAD_STATE', message: /names of torchvision, of a model that is not here/ });
});
