// From a checkpoint and a folder with labels to the recipe of a run, and what is said of it.

import test, { type ExecutionContext } from 'ava';
import { join } from 'node:path';
import { prepareFineTune, type FineTuneOptions, type PreparedFineTune } from '../../../scripts/actions/prepare-finetune.js';
import { parseSet } from '../../../shared/recipe/overrides.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const CLASSES = ['a', 'b'];
const PER_CLASS = 12;

interface Given {
  readonly trunk: string;
  prepare(more?: Partial<FineTuneOptions>): Promise<PreparedFineTune>;
}

async function give(t: ExecutionContext): Promise<Given> {
  const folder = await makeTempFolder(t);
  for (const name of CLASSES) {
    await makeImages(join(folder, 'images/train', name), PER_CLASS);
    await makeImages(join(folder, 'images/test', name), 2);
  }
  const trunk = join(folder, 'trunk.safetensors');
  await makeCheckpoint(trunk, smallRecipe('rotation', { range: 'full', mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.2, 0.2] }), { step: 7 });
  const shared = { data: join(folder, 'images'), preset: 'fine-tune', epochs: 4, frozenEpochs: 1, rate: 2e-3, seed: 3, signal: new AbortController().signal } as const;
  return { trunk, prepare: (more = {}) => prepareFineTune({ ...shared, ...more }) };
}

test('model, sizes and pixels are those of the checkpoint; steps follow from the labels that are shown', async (t) => {
  const { trunk, prepare } = await give(t);
  const { recipe: { name, stages }, lines } = await prepare({ init: trunk, labelShare: 0.5 });
  t.is(name, 'finetune');
  t.deepEqual(stages.map(({ name, steps, init }) => [name, steps, init]), [['head', 2, { from: trunk }], ['all', 6, { from: 'stage', heads: true }]]);
  for (const { data, model, task, batch, seed } of stages) {
    t.like(data, { side: 24, shortSide: 28, range: 'full', mean: [0.4, 0.5, 0.6], labelShare: 0.5 });
    t.like(model, { name: 'convnet', options: { width: 4, stages: 2 } });
    t.deepEqual([task.name, batch, seed], ['classify', { microbatches: 4, microbatchSize: 2 }, 3]);
  }
  t.deepEqual(lines, [
    `init        the trunk convnet of "${trunk}" (rotation, step 7 of stage 1); the head is new`,
    'data        12 labelled items of 2 classes to train on, of 24; 4 held out',
    'batch       4 x 2, an epoch is 1.5 steps',
    'stage 1     the head alone, the trunk is frozen: 2 steps, rate up to 0.002',
    'stage 2     all of it: 6 steps, rates up to 0.00001 in stage1, 0.0001 in stage2, 0.001 in the head',
    'note        8 steps in all are few: --epochs 67 would make 100 of them',
  ]);
});

test('from scratch it has the same model where one is given, the default where none is, and begins from the seed', async (t) => {
  const { trunk, prepare } = await give(t);
  const [like, alone] = [await prepare({ init: trunk, isScratch: true }), await prepare()];
  t.deepEqual([like, alone].map(({ recipe: { stages } }) => stages.map(({ name, init, model: { options: { width } }, data: { side } }) => [name, init, width, side])), [[['all', undefined, 4, 24]], [['all', undefined, undefined, 64]]]);
  t.is(like.lines[0], `init        random values of the seed, model convnet as in "${trunk}" (rotation, step 7 of stage 1)`);
});

test('what --set changes counts before steps are planned, and for one stage alone where it names it', async (t) => {
  const { trunk, prepare } = await give(t);
  const sets = ['batch={microbatches: 1, microbatchSize: 12}', 'stages.2.optimizer.learningRate=0.5', 'task.options.minArea=0.9', 'evaluate.everySteps=2', 'optimizer.options.beta2=0.9'].map(parseSet);
  const { recipe: { stages } } = await prepare({ init: trunk, sets });
  t.deepEqual(stages.map(({ steps, batch, optimizer, task, evaluate }) => [steps, batch.microbatchSize, optimizer.learningRate, task.options['minArea'], evaluate.everySteps]), [
    [2, 12, 2e-3, 0.9, 2], [8, 12, 0.5, 0.9, 2],
  ]);
  t.deepEqual(stages.map(({ optimizer: { options } }) => [options['beta2'], options['epsilon']]), [[0.9, 1e-5], [0.9, 1e-5]]);
  await t.throwsAsync(prepare({ init: trunk, sets: [parseSet('batch.size=3')] }), { code: 'BAD_RECIPE', message: /--set batch.size=3: batch.size: no such key/ });
});

test('a trunk with batch norm gets large microbatches, and its normalisation goes on training', async (t) => {
  const { prepare } = await give(t);
  const { recipe: { stages: [stage] } } = await prepare({ sets: [parseSet('model.options.norm=batch')] });
  t.deepEqual(stage!.batch, { microbatches: 1, microbatchSize: 8 });
});

test('a checkpoint that is not there, and data without labels, are named', async (t) => {
  const { trunk, prepare } = await give(t);
  await t.throwsAsync(prepare({ init: 'gone' }), { code: 'NOT_FOUND' });
  const bare = await makeTempFolder(t);
  await makeImages(bare, 3);
  await t.throwsAsync(prepare({ init: trunk, data: bare }), { code: 'BAD_RECIPE', message: /two classes or more/ });
});
