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
