// Weights by the names of other libraries: what fits comes back exactly, whatever does not is named.

import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conventions, type ConventionName } from '../../../../shared/checkpoint/foreign/index.js';
import { invert, permute } from '../../../../shared/checkpoint/foreign/permute.js';
import { suggestModel } from '../../../../shared/checkpoint/foreign/suggest-model.js';
import { translate } from '../../../../shared/checkpoint/foreign/translate.js';
import { readArrays } from '../../../../shared/checkpoint/read-arrays.js';
import { PretextError } from '../../../../shared/errors/pretext-error.js';
import { writeSafetensors, type NamedArray } from '../../../../shared/tensors/safetensors.js';
import type { Exported } from '../../../../worker/export/exported.js';
import { toTheirs as writeTheirs } from '../../../../worker/export/weights/to-theirs.js';
import type { ModelName } from '../../../../worker/models/shapes.js';
import { createExported } from '../../../helpers/export-cases.js';
import { freshRandom } from '../../../helpers/numerics.js';
import { makeTempFolder } from '../../../helpers/temp-folder.js';

interface Trunk extends Exported {
  readonly options: Exported['model']['options'];
}

function createTrunk(model: ModelName, options: object): Trunk {
  const exported = createExported({ model, options, side: 32 }, freshRandom().random);
  return { ...exported, options: exported.model.options };
}

/** As the library has them. */
const toTheirs = (trunk: Trunk, name: ConventionName): readonly NamedArray[] => writeTheirs(trunk, conventions[name], 'head');

const RESNET = createTrunk('resnet18', { width: 2, norm: 'batch', stem: 'large', padding: 'torch' });
const VIT = createTrunk('vit', { width: 8, depth: 5, heads: 2, patch: 4, learntGrid: 2, classToken: true, gelu: 'exact' });

test('axes are moved one by one, and back', (t) => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i);
  const moved = permute(values, [2, 3, 4], [2, 0, 1]);
  for (let a = 0; a < 2; a++) for (let b = 0; b < 3; b++) for (let c = 0; c < 4; c++) t.is(moved[(c * 2 + a) * 3 + b], values[(a * 3 + b) * 4 + c]);
  t.deepEqual(permute(moved, [4, 2, 3], invert([2, 0, 1])), values);
});

for (const [name, trunk, numArrays] of [['torchvision', RESNET, 100], ['timm', VIT, 4 + 5 * 12 + 2]] as const) {
  test(`a trunk goes to the names of ${name} and comes back with the same bits`, (t) => {
    const arrays = toTheirs(trunk, name);
    t.is(arrays.length, numArrays);
    const back = translate({ path: 'x', convention: conventions[name], arrays, metadata: {} }, trunk);
    t.deepEqual(back, trunk.arrays);
  });
}

test('names of torchvision are those of its ResNets, with kernels as PyTorch lays them out', (t) => {
  const shapes = new Map(toTheirs(RESNET, 'torchvision').map(({ name, shape }) => [name, shape.join()]));
  const expected = { 'conv1.weight': '2,3,7,7', 'bn1.running_var': '2', 'layer1.0.conv2.weight': '2,2,3,3', 'layer2.0.downsample.0.weight': '4,2,1,1', 'layer2.0.downsample.1.running_mean': '4', 'layer4.1.bn2.bias': '16' };
  for (const [name, shape] of Object.entries(expected)) t.is(shapes.get(name), shape, name);
});

test('blocks of a ViT are counted through the stages, and the class token has the position that is added to it', (t) => {
  const theirs = toTheirs(VIT, 'timm');
  const find = (name: string): NamedArray => theirs.find((array) => array.name === name)!;
  t.deepEqual(find('blocks.4.attn.qkv.weight').shape, [24, 8]);
  t.deepEqual(find('pos_embed').shape, [1, 5, 8]);
  const placed = theirs.map((array) => (array.name === 'pos_embed' ? { ...array, values: array.values.map((value, i) => (i < 8 ? 0.5 : value)) } : array));
  const [token] = translate({ path: 'x', convention: conventions.timm, arrays: placed, metadata: {} }, VIT).filter(({ name }) => name === 'trunk/stem/class');
  t.deepEqual(token!.values, find('cls_token').values.map((value) => value + 0.5));
});

const errorOf = (t: { throws: (f: () => unknown, e: object) => unknown }, trunk: Trunk, arrays: readonly NamedArray[], metadata = {}): PretextError =>
  t.throws(() => translate({ path: 'theirs.safetensors', convention: conventions.torchvision, arrays, metadata }, trunk), { instanceOf: PretextError }) as PretextError;

test('what is missing, of another shape or without a place is refused with the list, and with the model that the file is of', (t) => {
  const theirs = toTheirs(RESNET, 'torchvision').map((array) => (array.name === 'bn1.bias' ? { ...array, shape: [1, 2] } : array)).filter(({ name }) => name !== 'layer4.1.conv2.weight');
  const error = errorOf(t, RESNET, [...theirs, { name: 'attention.weight', shape: [3], values: new Float32Array(3) }]);
  t.is(error.code, 'BAD_STATE');
  t.regex(error.message, /bn1\.bias \(trunk\/stem\/shift\): expected \[2\], given \[1, 2\]/);
  t.regex(error.message, /layer4\.1\.conv2\.weight \(trunk\/stage4\/block2\/conv2\/kernel\): expected \[16, 16, 3, 3\], given nothing/);
  t.regex(error.message, /attention\.weight: \[3\], which the trunk has no place for/);

  const other = errorOf(t, createTrunk('resnet18', { width: 4 }), toTheirs(RESNET, 'torchvision'));
  t.regex(other.message, /and \d+ more/);
  t.is(other.hint, 'The file is of this model: --set model.name=resnet18 --set model.options.width=2 --set model.options.stem=large --set model.options.norm=batch --set model.options.padding=torch.');
});

test('weights of a deeper network do not half fit', (t) => {
  const deeper = createTrunk('resnet34', RESNET.options);
  t.regex(errorOf(t, RESNET, toTheirs(deeper, 'torchvision')).message, /layer1\.2\.conv1\.weight: \[2, 2, 3, 3\], which the trunk has no place for/);
  t.regex(errorOf(t, deeper, toTheirs(RESNET, 'torchvision')).message, /layer1\.2\.conv1\.weight .*given nothing/);
});

test('options that features come of and no array shows must be those that the weights expect', (t) => {
  const same = { ...RESNET, options: { ...RESNET.options, padding: 'same' } };
  const error = errorOf(t, same, toTheirs(RESNET, 'torchvision'));
  t.is(error.code, 'BAD_RECIPE');
  t.regex(error.message, /model\.options\.padding: .* expect torch, given "same"/);
  t.notThrows(() => translate({ path: 'x', convention: conventions.torchvision, arrays: toTheirs(RESNET, 'torchvision'), metadata: { padding: 'same' } }, same));
});

test('numbers that are not finite are refused', (t) => {
  const broken = toTheirs(RESNET, 'torchvision').map((array) => (array.name === 'bn1.bias' ? { ...array, values: Float32Array.of(1, NaN) } : array));
  t.regex(errorOf(t, RESNET, broken).message, /"bn1\.bias" that are not finite/);
});

test('the model of a file is known by its names and shapes', (t) => {
  t.deepEqual(suggestModel(toTheirs(createTrunk('resnet50', { width: 4, stem: 'small' }), 'torchvision')), { name: 'resnet50', options: { width: 4, stem: 'small', norm: 'group', padding: 'torch' } });
  t.deepEqual(suggestModel(toTheirs(createTrunk('vit', { width: 64, depth: 2, heads: 1, patch: 8, learntGrid: 3, classToken: true }), 'timm')),
    { name: 'vit', options: { patch: 8, width: 64, depth: 2, heads: 1, learntGrid: 3, classToken: true, gelu: 'exact' } });
  t.is(suggestModel([{ name: 'conv1.weight', shape: [64, 3, 7, 7] }]), undefined);
});

test('ResNeXt and wide ResNets are taken for no ResNet-50, whose names they have', (t) => {
  const theirs = toTheirs(createTrunk('resnet50', { width: 4 }), 'torchvision');
  for (const shape of [[8, 1, 3, 3], [8, 8, 3, 3]]) {
    t.is(suggestModel(theirs.map((array) => (array.name === 'layer1.0.conv2.weight' ? { ...array, shape } : array))), undefined);
  }
});

test('whoever has set the model that a file seems to be of is not told to set it', (t) => {
  const trunk = createTrunk('vit', { width: 64, depth: 2, heads: 1, patch: 8, learntGrid: 2, classToken: true, gelu: 'exact' });
  const arrays = [...toTheirs(trunk, 'timm'), { name: 'blocks.0.ls1.gamma', shape: [64], values: new Float32Array(64) }];
  const error = t.throws(() => translate({ path: 'x', convention: conventions.timm, arrays, metadata: {} }, trunk), { instanceOf: PretextError });
  t.regex(error.hint!, /of no model that is here/);
  t.regex(errorOf(t, RESNET, toTheirs(createTrunk('resnet34', RESNET.options), 'torchvision')).hint!, /--set model\.name=resnet34/);
});

test('a file is read by its names: its last layer and its counters are left out and named', async (t) => {
  const path = join(await makeTempFolder(t), 'resnet18.safetensors');
  const last = { name: 'fc.weight', shape: [5, 16], values: new Float32Array(80) };
  await writeSafetensors(path, [...toTheirs(RESNET, 'torchvision'), last, { name: 'bn1.num_batches_tracked', shape: [], values: new Float32Array(1) }], {});
  const { tensors, others, convention } = await readArrays(path, () => true, RESNET);
  t.deepEqual(tensors, RESNET.arrays);
  t.deepEqual(others, ['fc.weight', 'bn1.num_batches_tracked']);
  t.is(convention, 'torchvision');
});

test('names with what a wrapper put before them are refused with the way out, and names of nobody with the list', async (t) => {
  const path = join(await makeTempFolder(t), 'wrapped.safetensors');
  for (const prefix of ['module.', 'module.backbone.', 'state_dict.']) {
    await writeSafetensors(path, toTheirs(RESNET, 'torchvision').map((array) => ({ ...array, name: prefix + array.name })), {});
    const error = await t.throwsAsync<PretextError>(readArrays(path, () => true, RESNET), { code: 'BAD_STATE' });
    t.true(error.message.includes(`names that begin with "${prefix}"`) && error.message.includes(`${prefix}bn1.weight`), error.message);
    t.true(error.hint!.includes(`removeprefix("${prefix}")`));
  }
  await writeSafetensors(path, [{ name: 'encoder.0.weight', shape: [1], values: new Float32Array(1) }], {});
  await t.throwsAsync(readArrays(path, () => true, RESNET), { code: 'BAD_STATE', message: /no array of a trunk, by our names.*\n {2}encoder\.0\.weight/ });
  await writeFile(path, '');
  await t.throwsAsync(readArrays(path, () => true, RESNET), { code: 'BAD_STATE', message: /0 bytes is too short/ });
});
