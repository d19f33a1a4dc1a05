// From a recipe to what a replica is made of: groups, the layout, and what does not go together.

import test from 'ava';
import { bindRecipe, layoutOf, readRecipe, type BoundRecipe } from '../../worker/bind-recipe.js';

const RECIPE = {
  data: { root: '/data', source: 'image-folder', side: 16, shortSide: 16 },
  task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 2, stages: 2 } },
};

const bind = (changes: object): BoundRecipe => bindRecipe(readRecipe({ ...RECIPE, ...changes }));

test('the first group whose match fits counts; what no group fits is updated by the recipe\'s own optimizer', (t) => {
  const groups = [
    { match: 'trunk/stage1/', name: 'adamw', options: { weightDecay: 0 }, rateFactor: 0.1 },
    { match: 'trunk/', frozenUntil: 5 },
    { match: 'trunk/stage2/', rateFactor: 7 },
  ];
  const { groupOf } = bind({ optimizer: { name: 'sgd', options: { momentum: 0.5 }, groups } });
  const first = groupOf('trunk/stage1/conv1/kernel');
  t.like(first, { match: 'trunk/stage1/', name: 'adamw', rateFactor: 0.1, frozenUntil: 0 });
  t.like(first.options, { weightDecay: 0, beta1: 0.9 });
  const second = groupOf('trunk/stage2/conv1/kernel');
  t.like(second, { match: 'trunk/', name: 'sgd', rateFactor: 1, frozenUntil: 5 });
  t.like(second.options, { momentum: 0.5 });
  t.like(groupOf('head/dense/kernel'), { match: '', name: 'sgd', rateFactor: 1, frozenUntil: 0 });
});

test('each array has the slots of its own group\'s optimizer', (t) => {
  const { layout } = bind({ optimizer: { name: 'sgd', groups: [{ match: 'head/', name: 'adamw' }] } });
  for (const { name, kind, slots } of layout.entries) {
    if (kind === 'trained') t.deepEqual(slots, name.startsWith('head/') ? ['mean', 'square'] : ['velocity'], name);
  }
  t.true(layout.entries.some(({ name }) => name.startsWith('head/')));
});

test('both ends of a connection make the same layout of a recipe', (t) => {
  const recipe = readRecipe(RECIPE);
  t.deepEqual(layoutOf(recipe), layoutOf(readRecipe(JSON.parse(JSON.stringify(recipe)))));
});

test('a task that learns from videos refuses images', (t) => {
  const error = t.throws(() => bind({ task: { name: 'frame-order' } }), { code: 'BAD_RECIPE' });
  t.regex(error.message, /task\.name: "frame-order" learns from videos, and "\/data" has images/);
  t.notThrows(() => bind({ task: { name: 'frame-order' }, data: { ...RECIPE.data, source: 'video-folder' } }));
});

test('vit refuses a side that its patch does not divide, and a width that its heads do not', (t) => {
  const vit = (options: object): BoundRecipe => bind({ model: { name: 'vit', options: { width: 12, depth: 1, heads: 3, patch: 4, ...options } } });
  t.is(vit({}).sizes.patch, 4);
  t.regex(t.throws(() => vit({ patch: 5 }), { code: 'BAD_RECIPE' }).message, /data\.side: .*multiples of its patch of 5 pixels, given 16/);
  t.throws(() => vit({ heads: 5 }), { code: 'BAD_RECIPE' });
  t.notThrows(() => vit({ learntGrid: 4 }));
  t.regex(t.throws(() => vit({ learntGrid: 14 }), { code: 'BAD_RECIPE' }).message, /learntGrid of 14 and a patch of 4 takes 56 pixels, given 16/);
});
