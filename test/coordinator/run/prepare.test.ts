// A run of two stages before its first step, on a folder of real images.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { pathsOf, type RunPaths } from '../../../coordinator/run/folder.js';
import { createRun, loadRun, readRun, type PreparedRun } from '../../../coordinator/run/prepare.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { layoutOf } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { fitRecipe } from '../../../scripts/data/fit-recipe.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const STAGES = 'model: {options: {width: 4, stages: 2}}\nstages: [{seed: 1, steps: 3}, {seed: 1, steps: 5, optimizer: {name: adamw}}]';

async function create(t: ExecutionContext, text = STAGES): Promise<{ paths: RunPaths; run: PreparedRun; events: RunEvent[] }> {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  await makeImages(images, 8);
  const events: RunEvent[] = [];
  const { recipe } = parseRecipe(`data: {root: ${images}, side: 16}\n${text}`);
  const paths = pathsOf(folder);
  const run = await createRun(paths, { recipe, registries, layoutOf, signal: new AbortController().signal, emit: (event) => events.push(event) });
  return { paths, run, events };
}

test('stages of the same data list them once, and each says what it has', async (t) => {
  const { run, events } = await create(t);
  const [first, second] = run.stages;
  t.is(first!.items, second!.items);
  t.is(first!.manifestHash, second!.manifestHash);
  t.not(first!.recipeHash, second!.recipeHash);
  t.deepEqual(events.map((event) => event.type === 'listed' && [event.stage, event.task, event.train + event.test]), [[1, 'rotation', 8], [2, 'rotation', 8]]);
});

test('another seed holds out other items', async (t) => {
  const { run } = await create(t, 'stages: [{seed: 1, data: {holdout: 0.5}}, {seed: 2, data: {holdout: 0.5}}]');
  t.not(run.stages[0]!.manifestHash, run.stages[1]!.manifestHash);
});

test('the folder gives the run again: recipes with what the data decided, manifests, plans', async (t) => {
  const { paths, run } = await create(t);
  const again = await readRun(paths);
  t.deepEqual(again.recipe, run.recipe);
  for (const [index, { number, recipeHash, manifestHash, plan }] of run.stages.entries()) {
    const stage = again.stages[index]!;
    t.deepEqual([stage.number, stage.recipeHash, stage.manifestHash], [number, recipeHash, manifestHash]);
    t.deepEqual(stage.plan.microbatch(2, 1), plan.microbatch(2, 1));
  }
  t.is(again.stages[0]!.recipe.task.name, 'rotation');
  t.is(again.stages[0]!.recipe.data.source, 'image-folder');
});

test('a folder that holds no run is named', async (t) => {
  await t.throwsAsync(loadRun(await makeTempFolder(t)), { code: 'NOT_FOUND', message: /is not the folder of a run/ });
});

test('nothing to train on is an error, once the files that cannot be used are told', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(join(folder, 'test'), 2);
  await writeFile(join(folder, 'test', 'torn.png'), 'no picture');
  const events: RunEvent[] = [];
  const { recipe } = parseRecipe(`data: {root: ${folder}}`);
  const paths = pathsOf(join(folder, 'run'));
  await t.throwsAsync(createRun(paths, { recipe, registries, layoutOf, signal: new AbortController().signal, emit: (event) => events.push(event) }), { code: 'DATA_EMPTY' });
  t.deepEqual(events.map((event) => event.type === 'listed' && event.rejected.map(({ path }) => path)), [['test/torn.png']]);
  t.false(existsSync(paths.recipe));
});

test('a task for videos on images is refused before a file is looked at', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(join(folder, 'images'), 2);
  const events: RunEvent[] = [];
  const { recipe } = parseRecipe(`data: {root: ${join(folder, 'images')}}\ntask: {name: frame-order}`);
  const options = { recipe, registries, layoutOf, signal: new AbortController().signal, emit: (event: RunEvent) => events.push(event), onListing: () => t.fail('it lists') };
  await t.throwsAsync(createRun(pathsOf(join(folder, 'run')), options), { code: 'BAD_RECIPE', message: /"frame-order" learns from videos/ });
  t.deepEqual(events, []);
});

test('a run says what was seen of its data, and what may not be meant', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(join(folder, 'images', 'cat'), 6);
  await makeImages(join(folder, 'images', 'val2017'), 2);
  await writeFile(join(folder, 'images', 'clip.mp4'), 'x');
  const events: RunEvent[] = [];
  const { recipe } = parseRecipe(`data: {root: ${join(folder, 'images')}}`);
  await createRun(pathsOf(folder), { recipe, registries, layoutOf, signal: new AbortController().signal, emit: (event) => events.push(event) });
  const [listed] = events;
  t.true(listed?.type === 'listed');
  if (listed?.type !== 'listed') return;
  t.regex(listed.lines.join('\n'), /^8 images: 7 to train on, 1 held out\n2 classes: cat 6, val2017 2\n[^]*not used: 1 \.mp4/);
  t.regex(listed.problems.join('\n'), /val2017/);
});

test('lines of a run that did not begin are removed', async (t) => {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  await makeImages(images, 8);
  const paths = pathsOf(folder);
  await writeFile(paths.quarantine, 'old');
  const { recipe } = parseRecipe(`data: {root: ${images}, side: 16}`);
  await createRun(paths, { recipe, registries, layoutOf, signal: new AbortController().signal, emit() {} });
  t.false(existsSync(paths.quarantine));
  t.regex(await readFile(paths.recipe, 'utf8'), /image-folder/);
});

test('a run that is given nothing but data chooses its sizes by them, keeps them in its recipe, and says so', async (t) => {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  await makeImages(images, 8);
  const events: RunEvent[] = [];
  const { recipe } = parseRecipe(`data: {root: ${images}}\ntask: {name: simclr}`);
  const paths = pathsOf(folder);
  await createRun(paths, { recipe, registries, layoutOf, fit: fitRecipe, signal: new AbortController().signal, emit: (event) => events.push(event) });
  const [stage] = (await readRun(paths)).stages;
  t.like(stage!.recipe, { steps: 1000, batch: { microbatches: 2, microbatchSize: 64 }, optimizer: { name: 'adamw', learningRate: 0.002, options: { beta1: 0.9 } } });
  const notes = events.flatMap((event) => (event.type === 'resolved' ? event.notes : []));
  t.regex(notes.join('\n'), /^chosen by the data: data\.side=\d+: [^]*batch of 2 x 64: [^]*steps=1000: [^]*optimizer\.name=adamw/);
});

test('a label that is changed in labels.csv is another manifest for a task that learns from labels, and the same for one that does not', async (t) => {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  await makeImages(images, 8);
  const hashOf = async (task: string, labels: readonly string[]): Promise<string> => {
    await writeFile(join(images, 'labels.csv'), ['path,label', ...labels.map((label, index) => `00${index}.png,${label}`), ''].join('\n'));
    const { recipe } = parseRecipe(`data: {root: ${images}, side: 16, holdout: 0}\ntask: {name: ${task}}`);
    const { stages } = await createRun(pathsOf(await makeTempFolder(t)), { recipe, registries, layoutOf, signal: new AbortController().signal, emit() {} });
    return stages[0]!.manifestHash;
  };
  const [one, other] = [['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'], ['b', 'a', 'a', 'b', 'a', 'b', 'a', 'b']];
  t.not(await hashOf('classify', one), await hashOf('classify', other));
  t.is(await hashOf('rotation', one), await hashOf('rotation', other));
});
