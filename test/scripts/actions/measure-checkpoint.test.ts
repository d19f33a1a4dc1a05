// What a measurement of a checkpoint gets of the items of its run, on a folder of real images.

import { join } from 'node:path';
import test from 'ava';
import { writeCheckpoint } from '../../../coordinator/checkpoints/checkpoints.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { createRun } from '../../../coordinator/run/prepare.js';
import { measureCheckpoint } from '../../../scripts/actions/measure-checkpoint.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { initValues } from '../../../shared/state/init.js';
import { toWireLayout } from '../../../shared/state/wire.js';
import { layoutOf } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('training items whose labels the run is not shown are marked, those of other data are not', async (t) => {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  for (const name of ['a', 'b']) await makeImages(join(images, name), 8);
  const { recipe } = parseRecipe(`data: {root: ${images}, side: 16, labelShare: 0.25, holdout: 0.25}\ntask: {name: classify}\nmodel: {options: {width: 4, stages: 2}}`);
  const { signal } = new AbortController();
  const { stages: [stage] } = await createRun(pathsOf(folder), { recipe, registries, layoutOf, signal, emit: () => {} });
  const { paths, plan, items } = stage!;
  const layout = layoutOf(stage!.recipe, plan.numInstances);
  const state = new Float32Array(layout.stateLength);
  state.set(initValues(layout, 1));
  await writeCheckpoint({ folder: paths.checkpoints, step: 1, layout: toWireLayout(layout), state, metadata: {}, keep: 1 });

  /** Items of each split, and those of them that are hidden. */
  const count = async (data?: string): Promise<Record<'test' | 'train' | 'hidden', number>> => {
    const { result } = await measureCheckpoint({ run: folder, backend: 'simd', signal, ...(data !== undefined && { data }) }, async (_, measured) => {
      const counts = { test: 0, train: 0, hidden: 0 };
      for await (const { split, label, hidden } of measured) {
        t.true(label !== undefined);
        counts[split] += 1;
        if (hidden !== undefined) {
          t.deepEqual([split, hidden], ['train', 'item']);
          counts.hidden += 1;
        }
      }
      return counts;
    });
    return result;
  };
  const train = items.filter(({ split }) => split === 'train').length;
  t.deepEqual(await count(), { train, test: items.length - train, hidden: train - plan.numInstances });
  t.true(plan.numInstances < train);
  t.is((await count(images)).hidden, 0);
});
