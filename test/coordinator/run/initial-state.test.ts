// What a stage of artifact spotting begins from: the autoencoder of the stage before, which no step changes.

import test from 'ava';
import { join } from 'node:path';
import { checkInit, makeInitialState } from '../../../coordinator/run/initial-state.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { initState } from '../../../shared/state/init.js';
import type { Layout } from '../../../shared/state/layout.js';
import { writeSafetensors } from '../../../shared/tensors/safetensors.js';
import { bindRecipe, readRecipe } from '../../../worker/bind-recipe.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const recipeOf = (given: object): Recipe => readRecipe({
  data: { root: '/data', source: 'image-folder', side: 16, shortSide: 16 }, model: { name: 'convnet', options: { width: 4, stages: 2 } }, ...given,
});
const coder = recipeOf({ task: { name: 'autoencoder', options: { code: 0, decoderWidth: 4 } }, seed: 5 });
const spotter = (init: object): Recipe => recipeOf({ task: { name: 'artifact-spotting', options: { decoderWidth: 4, hidden: 8 } }, seed: 6, ...init });
const layoutOf = (recipe: Recipe): Layout => bindRecipe(recipe).layout;

test('the trunk, the frozen encoder and the decoder are those of the stage before; the head and the repair are new', async (t) => {
  const [before, after] = [layoutOf(coder), layoutOf(spotter({ init: { from: 'stage' } }))];
  const trained = initState(before, 99);
  const path = join(await makeTempFolder(t), 'step.safetensors');
  const tensors = before.entries.map(({ name, shape, offset, length }) => ({ name, shape, values: trained.subarray(offset, offset + length) }));
  await writeSafetensors(path, tensors, {});
  const { state, report } = await makeInitialState(spotter({ init: { from: 'stage' } }), after, path);
  const valuesOf = (name: string): Float32Array => {
    const { offset, length } = after.entries.find((entry) => entry.name === name)!;
    return state.slice(offset, offset + length);
  };
  for (const { name, values } of tensors) {
    t.deepEqual(valuesOf(name), values.slice(), name);
    if (name.startsWith('trunk/')) t.deepEqual(valuesOf(`teacher/${name}`), values.slice(), name);
  }
  t.true(tensors.some(({ name }) => name === 'head/decoder/entry/kernel'));
  t.true(report.left.includes('head/repair/level1/look/kernel') && report.left.includes('head/verdict/kernel'));
});

test('without a stage before, or with one that made no such decoder, the run is refused before it starts', async (t) => {
  const alone = spotter({});
  await t.throwsAsync(checkInit(alone, layoutOf(alone), undefined), { code: 'BAD_RECIPE', message: /"artifact-spotting" goes on with "head\/decoder\/entry\/kernel"/ });
  const staged = spotter({ init: { from: 'stage' } });
  await t.notThrowsAsync(checkInit(staged, layoutOf(staged), layoutOf(coder)));
  const rotation = recipeOf({ task: { name: 'rotation' } });
  await t.throwsAsync(checkInit(staged, layoutOf(staged), layoutOf(rotation)), { code: 'BAD_STATE', message: /head\/decoder\/entry\/kernel: expected \[8, 8\], given nothing/ });
});

test('behind the blocks that are taken, arrays are drawn by the moments of the checkpoint\'s where they are asked for; statistics begin anew', async (t) => {
  const path = join(await makeTempFolder(t), 'trunk.safetensors');
  const model = { name: 'convnet', options: { width: 16, stages: 2, norm: 'batch' } };
  const { parts, values } = await makeCheckpoint(path, { ...smallRecipe('rotation'), model, seed: 5 });
  const recipe = readRecipe({ ...smallRecipe('rotation'), model, seed: 6, init: { from: path, blocks: 1, rest: 'moments' } });
  const { state, report } = await makeInitialState(recipe, parts.layout, path);
  const first = initState(parts.layout, 6);
  const of = (from: Float32Array, name: string): Float32Array => {
    const { offset, length } = parts.layout.entries.find((entry) => entry.name === name)!;
    return from.slice(offset, offset + length);
  };
  t.deepEqual(report.drawn, ['kernel', 'scale', 'shift'].map((name) => `trunk/stage2/conv1/${name}`));
  t.deepEqual(of(state, 'trunk/stage1/conv1/kernel'), of(values, 'trunk/stage1/conv1/kernel'));
  for (const name of ['trunk/stage2/conv1/mean', 'trunk/stage2/conv1/variance', parts.layout.entries.at(-2)!.name]) t.deepEqual(of(state, name), of(first, name), name);
  const kernel = of(state, 'trunk/stage2/conv1/kernel');
  for (const other of [values, first]) t.notDeepEqual(kernel, of(other, 'trunk/stage2/conv1/kernel'));
  t.deepEqual([...report.taken, ...report.drawn!, ...report.left].sort(), parts.layout.entries.map(({ name }) => name).sort());
});
