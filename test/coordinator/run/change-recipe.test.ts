// Keys that no bit depends on, in the folder of a real run.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { changeRecipe } from '../../../coordinator/run/change-recipe.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { createRun, readRun } from '../../../coordinator/run/prepare.js';
import { completeRecipe } from '../../../shared/recipe/complete.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { mapStages, type RunRecipe } from '../../../shared/recipe/stages.js';
import { layoutOf } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('keys that no bit depends on take effect and are in the folder from then on; what the task does not know changes nothing', async (t) => {
  const folder = await makeTempFolder(t);
  await makeImages(join(folder, 'images'), 8);
  const read = (stages: string, more = ''): RunRecipe => {
    const text = `data: {root: ${join(folder, 'images')}, side: 16${more}}\nmodel: {options: {width: 4, stages: 2}}\nstages: ${stages}`;
    return mapStages(parseRecipe(text).recipe, (stage) => completeRecipe(stage, registries));
  };
  const paths = pathsOf(join(folder, 'run'));
  const events: RunEvent[] = [];
  const options = { layoutOf, emit: (event: RunEvent) => void events.push(event) };
  const given = read('[{steps: 3, gate: [at-chance], evaluate: {stop: collapsed}}, {steps: 5}]');
  const run = await createRun(paths, { ...options, recipe: given, registries, signal: new AbortController().signal });
  const before = await readFile(paths.recipe, 'utf8');
  t.is(await changeRecipe(paths, run, options), run);
  t.is(await changeRecipe(paths, run, { ...options, recipe: given }), run);

  const other = read('[{steps: 3}, {steps: 5, evaluate: {best: wisdom}}]');
  await t.throwsAsync(changeRecipe(paths, run, { ...options, recipe: other }), { code: 'BAD_RECIPE', message: /evaluate\.best: expected one of/ });
  t.is(await readFile(paths.recipe, 'utf8'), before);

  events.length = 0;
  const changed = await changeRecipe(paths, run, { ...options, recipe: read('[{steps: 3}, {steps: 5, checkpoint: {keep: 7}}]', ', maxUnusable: 0.5') });
  t.deepEqual(events.flatMap((event) => (event.type === 'recipeChanged' ? event.changes : [])).toSorted(), [
    'stages.1.data.maxUnusable: 0.5, 1 before', 'stages.1.evaluate.stop: "never", "collapsed" before', 'stages.1.gate: nothing, ["at-chance"] before',
    'stages.2.checkpoint.keep: 7, 3 before', 'stages.2.data.maxUnusable: 0.5, 1 before',
  ]);
  const again = await readRun(paths);
  t.deepEqual(JSON.parse(JSON.stringify(changed.recipe)), again.recipe);
  t.deepEqual(again.stages.map(({ recipeHash, manifestHash }) => [recipeHash, manifestHash]), run.stages.map(({ recipeHash, manifestHash }) => [recipeHash, manifestHash]));
  t.deepEqual(changed.stages.map(({ recipe }) => recipe.checkpoint.keep), [3, 7]);
  t.deepEqual((await readdir(paths.folder)).filter((name) => name.startsWith('recipe')), ['recipe.yaml']);

  // Where it cannot be written nothing is left of the try.
  await rm(paths.recipe);
  await mkdir(join(paths.recipe, 'in the way'), { recursive: true });
  await t.throwsAsync(changeRecipe(paths, run, { ...options, recipe: read('[{steps: 3}, {steps: 5}]') }));
  t.deepEqual((await readdir(paths.folder)).filter((name) => name.startsWith('recipe')), ['recipe.yaml']);
});
