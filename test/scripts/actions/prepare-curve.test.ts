// The runs of a label curve before they start: what all contenders of a share have alike.

import test from 'ava';
import { join } from 'node:path';
import { chooseTrained } from '../../../coordinator/run/name-classes.js';
import { completeStage } from '../../../coordinator/run/complete-stage.js';
import { prepareCurve } from '../../../scripts/actions/prepare-curve.js';
import type { CurveFlags } from '../../../scripts/commands/curve.js';
import { registries } from '../../../worker/registries.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const { signal } = new AbortController();
const FLAGS = { shares: [0.2, 1], seeds: [1, 2], preset: 'fine-tune', epochs: 5, frozenEpochs: 1, rate: 2e-3, workers: 1, backend: 'simd', threads: 1, level: 'error' } as const satisfies Partial<CurveFlags>;

test('contenders of a share learn from the same labels in as many steps, and a smaller share is part of a larger one', async (t) => {
  const folder = await makeTempFolder(t);
  for (const name of ['a', 'b']) {
    await makeImages(join(folder, 'images/train', name), 20);
    await makeImages(join(folder, 'images/test', name), 2);
  }
  const trunk = join(folder, 'trunk.safetensors');
  await makeCheckpoint(trunk, smallRecipe('rotation'));
  const { runs, leftOut, steps, labels, list } = await prepareCurve({ ...FLAGS, shares: [0.19, 0.2, 1], data: join(folder, 'images'), init: trunk }, signal);
  t.deepEqual([steps, labels], [100, { numLabels: 40, numClasses: 2, numHeldOut: 4, chance: 0.5 }]);
  t.deepEqual([runs.length, leftOut], [12, [0.2]]);
  const shown = await Promise.all(runs.map(async ({ parsed }) => {
    const { recipe, listing } = await completeStage(parsed.recipe.stages[0]!, { registries, list, signal });
    return [...chooseTrained(recipe, listing.items).labels!.keys()].sort((a, b) => a - b);
  }));
  runs.forEach((run, index) => {
    const alike = runs.findIndex(({ share, seed }) => share === run.share && seed === run.seed);
    t.deepEqual(shown[index], shown[alike]);
    t.deepEqual([run.steps, run.samples, run.numLabels], [100, runs[alike]!.samples, run.share === 1 ? 40 : 8]);
    const whole = shown[runs.findIndex(({ share, seed }) => share === 1 && seed === run.seed)]!;
    t.true(shown[index]!.every((item) => whole.includes(item)));
  });
  const [ofFirst, ofSecond] = [1, 2].map((seed) => shown[runs.findIndex((run) => run.seed === seed && run.share === 0.19)]);
  t.notDeepEqual(ofFirst, ofSecond);
  const init = (contender: string): unknown => runs.find((run) => run.contender === contender)!.parsed.recipe.stages.map((stage) => stage.init?.from);
  t.deepEqual(['pretrained', 'scratch', 'probe'].map(init), [[trunk, 'stage'], [undefined], [trunk]]);
});

test('data without held-out labels are refused before anything runs', async (t) => {
  const folder = await makeTempFolder(t);
  for (const name of ['a', 'b']) await makeImages(join(folder, 'images', name), 4);
  const trunk = join(folder, 'trunk.safetensors');
  await makeCheckpoint(trunk, smallRecipe('rotation'));
  await t.throwsAsync(prepareCurve({ ...FLAGS, data: join(folder, 'images'), init: trunk, set: ['data.holdout=0'] }, signal), { code: 'DATA_EMPTY', message: /no held-out items/ });
});
