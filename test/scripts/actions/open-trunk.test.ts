// Trunks as users name them: checkpoints of ours, and weights of other libraries, which say their model by names and shapes.

import test, { type ExecutionContext } from 'ava';
import { join } from 'node:path';
import { openTrunk } from '../../../scripts/actions/open-trunk.js';
import { conventions, type ConventionName } from '../../../shared/checkpoint/foreign/index.js';
import { sizeOf } from '../../../shared/state/spec.js';
import { writeSafetensors } from '../../../shared/tensors/safetensors.js';
import { modelShapes, type ModelName } from '../../../worker/models/shapes.js';
import type { ModelShape } from '../../../worker/models/model.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

/** A file of zeros with the names of a library. */
async function writeTheirs(t: ExecutionContext, model: ModelName, given: object, { library, prefix = '' }: { library: ConventionName; prefix?: string }): Promise<string> {
  const path = join(await makeTempFolder(t), 'theirs.safetensors');
  const shape = modelShapes[model] as ModelShape;
  const { counterparts, join: joinArrays = (arrays) => arrays } = conventions[library];
  const arrays = joinArrays(counterparts(shape.state(shape.options.parse(given))).map(({ theirs }) => ({ ...theirs, values: new Float32Array(sizeOf(theirs.shape)) })));
  await writeSafetensors(path, arrays.map((array) => ({ ...array, name: prefix + array.name })), {});
  return path;
}

const RESNET = { width: 2, norm: 'batch', stem: 'large', padding: 'torch' };

test('a checkpoint says its model, sizes and pixels, and what made it', async (t) => {
  const path = join(await makeTempFolder(t), 'ours.safetensors');
  await makeCheckpoint(path, smallRecipe('rotation', { range: 'full' }), { step: 5 });
  t.like(await openTrunk(path), { path, model: { name: 'convnet' }, data: { side: 24, shortSide: 28, range: 'full' }, origin: 'rotation, step 5 of stage 1' });
});

test('weights of another library say their model, and are seen at the size that they were trained at', async (t) => {
  const resnet = await writeTheirs(t, 'resnet18', RESNET, { library: 'torchvision' });
  t.like(await openTrunk(resnet), { path: resnet, model: { name: 'resnet18', options: RESNET }, data: { side: 224, shortSide: 256 }, origin: 'names of torchvision' });
  const vit = await writeTheirs(t, 'vit', { width: 8, depth: 2, heads: 2, patch: 4, learntGrid: 3, classToken: true, gelu: 'exact' }, { library: 'timm' });
  t.like(await openTrunk(vit), { model: { name: 'vit' }, data: { side: 12, shortSide: 14 }, origin: 'names of timm' });
});

test('what is no trunk is refused with the reason', async (t) => {
  const wrapped = await writeTheirs(t, 'resnet18', RESNET, { library: 'torchvision', prefix: 'module.' });
  await t.throwsAsync(openTrunk(wrapped), { code: 'BAD_STATE', message: /names that begin with "module\."/ });
  const other = join(await makeTempFolder(t), 'other.safetensors');
  await writeSafetensors(other, [{ name: 'a', shape: [1], values: Float32Array.of(1) }], {});
  await t.throwsAsync(openTrunk(other), { code: 'BAD_STATE' });
  await t.throwsAsync(openTrunk('gone'), { code: 'NOT_FOUND' });
});
