// What a measurement of a checkpoint gets of the items of its run, on a folder of real images.

import test from 'ava';
import { measureCheckpoint } from '../../../scripts/actions/measure-checkpoint.js';
import { writeFirstCheckpoint, writeRun } from '../../helpers/written-run.js';

test('training items whose labels the run is not shown are marked, those of other data are not', async (t) => {
  const { folder, images, stages } = await writeRun(t, 'task: {name: classify}', 'labelShare: 0.25');
  const stage = stages[0]!;
  await writeFirstCheckpoint(stage);
  const { plan, items } = stage;
  const { signal } = new AbortController();

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
