// What a stage is told of data that it cannot learn from.

import test from 'ava';
import { completeStage } from '../../../coordinator/run/complete-stage.js';
import type { RejectedItem } from '../../../shared/datasets/dataset.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { registries } from '../../../worker/registries.js';

test('files that all are broken are told of before a task that learns from labels misses its classes', async (t) => {
  const rejected: RejectedItem[] = [{ path: 'a/1.png', code: 'DECODE_FAILED', reason: 'torn' }];
  const told: unknown[] = [];
  const given = parseRecipe('{data: {root: /data, source: image-folder}, task: {name: classify}}').recipe.stages[0]!;
  await t.throwsAsync(completeStage(given, {
    registries, signal: new AbortController().signal,
    list: () => Promise.resolve({ items: [], rejected, ignored: [], numHidden: 0, numOutside: 0, doubtful: [] }),
    onListed: (_recipe, survey) => told.push(survey.rejected),
  }), { code: 'DATA_EMPTY', message: /nothing to train on: 0 usable files, 1 unusable/ });
  t.deepEqual(told, [rejected]);
});
