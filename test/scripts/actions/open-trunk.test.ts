// Trunks as users name them: checkpoints of ours, and weights of other libraries, which say their model by names and shapes.

import test from 'ava';
import { join } from 'node:path';
import { openTrunk } from '../../../scripts/actions/open-trunk.js';
import { conventions } from '../../../shared/checkpoint/foreign/index.js';
import { writeSafetensors } from '../../../shared/tensors/safetensors.js';
import { toTheirs } from '../../../worker/export/weights/to-theirs.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { createExported } from '../../helpers/export-cases.js';
import { freshRandom } from '../../helpers/numerics.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const RESNET = { width: 2, norm: 'batch', stem: 'large', padding: 'torch' };

test('a checkpoint says its model, sizes and pixels, and what made it', async (t) => {
  const path = join(await makeTempFolder(t), 'ours.safetensors');
  await makeCheckpoint(path, smallRecipe('rotation', { range: 'full' }), { step: 5 });
  t.like(await openTrunk(path), { path, model: { name: 'convnet' }, data: { side: 24, shortSide: 28, range: 'full' }, origin: 'rotation, step 5 of stage 1' });
});

test('weights of another library say their model, and are seen at the size that they were trained at', async (t) => {
  const path = join(await makeTempFolder(t), 'theirs.safetensors');
  await writeSafetensors(path, toTheirs(createExported({ model: 'resnet18', options: RESNET, side: 224 }, freshRandom().random), conventions.torchvision, 'fc'), {});
  t.like(await openTrunk(path), { path, model: { name: 'resnet18', options: RESNET }, data: { side: 224, shortSide: 256 }, origin: 'names of torchvision' });
});

test('what is no trunk is refused with the reason', async (t) => {
  const other = join(await makeTempFolder(t), 'other.safetensors');
  await writeSafetensors(other, [{ name: 'a', shape: [1], values: Float32Array.of(1) }], {});
  await t.throwsAsync(openTrunk(other), { code: 'BAD_STATE' });
  await t.throwsAsync(openTrunk('gone'), { code: 'NOT_FOUND' });
});
