// What a run has filled in is no difference from the recipe that it was given; everything else is, and is named.

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeCheckpoint } from '../../../coordinator/checkpoints/checkpoints.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { createRun, type CreateRunOptions } from '../../../coordinator/run/prepare.js';
import { listChanges, listDifferences, throwOnDifferences } from '../../../coordinator/run/recipe-differences.js';
import { fitRecipe } from '../../../scripts/data/fit-recipe.js';
import { completeRecipe } from '../../../shared/recipe/complete.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { mapStages, type RunRecipe } from '../../../shared/recipe/stages.js';
import { toWireLayout } from '../../../shared/state/wire.js';
import { layoutOf } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

/** As the command line has it. */
function read(text: string): RunRecipe {
  return mapStages(parseRecipe(text).recipe, (stage) => completeRecipe(stage, registries));
}

/** As the folder has it once the run has begun. */
async function begin(t: ExecutionContext, recipe: RunRecipe, more: Partial<CreateRunOptions> = {}): Promise<RunRecipe> {
  const paths = pathsOf(await makeTempFolder(t));
  await createRun(paths, { recipe, registries, layoutOf, signal: new AbortController().signal, emit: () => {}, ...more });
  return parseRecipe(await readFile(paths.recipe, 'utf8')).recipe;
}

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await makeTempFolder(t);
  await makeImages(folder, 8);
  return folder;
}

const COMMON = 'side: 16}\nmodel: {options: {width: 4, stages: 2}}';

test('a recipe given again is that of the run, whatever the run has filled in', async (t) => {
  const root = await makeFolder(t);
  for (const text of [
    `data: {root: ${root}, ${COMMON}`,
    `data: {root: ${root}, channels: all, range: {percentiles: [1, 99]}, ${COMMON}`,
    `data: {root: ${root}, source: image-folder, range: {bits: 8}, ${COMMON}\ntask: {name: instance}`,
    `name: two\ndata: {root: ${root}, ${COMMON}\nstages: [{steps: 3}, {steps: 5, init: {from: stage, blocks: 1}}]`,
  ]) t.deepEqual(listDifferences(read(text), await begin(t, read(text))), [], text);
});

test('sizes that a run chose by its data are no difference from a recipe that says nothing of them', async (t) => {
  const open = read(`data: {root: ${await makeFolder(t)}}\ntask: {name: simclr}`);
  const stored = await begin(t, open, { fit: fitRecipe });
  t.deepEqual(listDifferences(open, stored, true), []);
  t.true(listDifferences(open, stored).length > 0);
  t.regex(listDifferences({ stages: [{ ...open.stages[0]!, seed: 9 }] }, stored, true).join(), /^seed: the run has 1, given 9$/);
});

test('a file that a run begins from is the same by a relative path', async (t) => {
  const root = await makeFolder(t);
  const plain = read(`data: {root: ${root}, ${COMMON}\ntask: {name: rotation}`);
  const layout = layoutOf(plain.stages[0]!, 8);
  const file = await writeCheckpoint({
    folder: join(root, 'checkpoints'), step: 0, layout: toWireLayout(layout), state: new Float32Array(layout.stateLength), metadata: {}, keep: 1,
  });
  const recipe = read(`data: {root: ${root}, ${COMMON}\ninit: {from: ${relative('.', file)}}`);
  const stored = await begin(t, recipe);
  t.deepEqual(listDifferences(recipe, stored), []);
  t.regex(listDifferences(read(`data: {root: ${root}, ${COMMON}`), stored).join(), /init.*the run has ".*", given nothing/);
});

test('keys that differ are named with both values, stage by stage, and are an error', async (t) => {
  const root = await makeFolder(t);
  const one = read(`data: {root: ${root}, ${COMMON}\nsteps: 4`);
  const stored = await begin(t, one);
  const other = read(`data: {root: ${root}, side: 24}\nmodel: {options: {width: 4, stages: 2}}\nsteps: 5\nexchange: {lookaheadSteps: 1}`);
  t.deepEqual(listDifferences(other, stored).toSorted(), [
    'data.side: the run has 16, given 24', 'steps: the run has 4, given 5',
  ]);
  t.deepEqual(listChanges(other, stored), ['exchange.lookaheadSteps: 1, 2 before']);
  t.throws(() => throwOnDifferences(other, stored, { folder: 'runs/x' }), { code: 'BAD_RECIPE', message: /"runs\/x"[^]*data\.side: the run has 16, given 24/ });
  t.notThrows(() => throwOnDifferences(one, stored, { folder: 'runs/x' }));

  const two = read(`data: {root: ${root}, ${COMMON}\nstages: [{steps: 4}, {steps: 5}]`);
  t.deepEqual(listDifferences(two, stored), ['stages: the run has 1, given 2']);
  t.deepEqual(listDifferences(read(`data: {root: ${root}, ${COMMON}\nstages: [{steps: 4}, {steps: 6}]`), await begin(t, two)), ['stages.2.steps: the run has 5, given 6']);
});
