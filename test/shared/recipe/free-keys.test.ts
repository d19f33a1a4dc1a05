// What may change while a run goes on leaves the name of its trajectory as it is.

import test from 'ava';
import { dropFreeKeys, isFree, takeFreeKeys } from '../../../shared/recipe/free-keys.js';
import { hashRecipe } from '../../../shared/recipe/hash.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { readRecipe } from '../../../worker/bind-recipe.js';

const recipeOf = (more: object = {}, data: object = {}): Recipe =>
  readRecipe({ data: { root: '/data', source: 'image-folder', ...data }, task: { name: 'rotation' }, ...more });

const changes: Readonly<Record<string, Recipe>> = {
  'exchange.chunkBytes': recipeOf({ exchange: { chunkBytes: 4096 } }),
  'exchange.audit': recipeOf({ exchange: { audit: 0.5 } }),
  'checkpoint.everySteps': recipeOf({ checkpoint: { everySteps: 7 } }),
  'digest.everySteps': recipeOf({ digest: { everySteps: 3 } }),
  'evaluate.stop': recipeOf({ evaluate: { stop: 'collapsed' } }),
  gate: recipeOf({ gate: ['collapsed'] }),
  'data.links': recipeOf({}, { links: 'all' }),
  'data.maxUnusable': recipeOf({}, { maxUnusable: 0.5 }),
};

for (const [path, changed] of Object.entries(changes)) {
  test(`${path} may change: the hash does not, nor what a replica is made of`, (t) => {
    const recipe = recipeOf();
    t.true(isFree(path));
    t.notDeepEqual(changed, recipe);
    t.is(hashRecipe(changed), hashRecipe(recipe));
    t.deepEqual(dropFreeKeys(changed), dropFreeKeys(recipe));
    t.deepEqual(takeFreeKeys(recipe, changed), changed);
    t.deepEqual(takeFreeKeys(changed, recipe), recipe);
  });
}

test('what the bits depend on may not change, nor what says which run it is', (t) => {
  for (const path of ['seed', 'steps', 'data.root', 'data.side', 'data.list', 'task.name', 'model.options.width', 'optimizer.learningRate', 'batch.microbatches', 'init.from', 'name']) {
    t.false(isFree(path), path);
  }
  const recipe = recipeOf();
  const other = recipeOf({ steps: 5, seed: 9 });
  t.is(hashRecipe(takeFreeKeys(recipe, other)), hashRecipe(recipe));
  t.notDeepEqual(dropFreeKeys(other), dropFreeKeys(recipe));
});
