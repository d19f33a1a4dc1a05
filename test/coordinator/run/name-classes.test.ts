// Labels as a run has them: which are shown of those that the data have, what it fills in of classes, and what it refuses.

import test from 'ava';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { chooseTrained, findHidden, nameClasses } from '../../../coordinator/run/name-classes.js';
import { fitRecipe } from '../../../scripts/data/fit-recipe.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { partsOf } from '../../helpers/recipes.js';

const SIDE = 16;

/** `counts` items of each class, a, b and so on, every fifth held out, and as many without a label. */
function createItems(counts: readonly number[]): Item[] {
  const labels = [...counts.flatMap((count, k) => Array.from({ length: count }, () => 'abc'[k]!)), ...counts.flatMap((count) => Array.from({ length: count }, () => undefined))];
  return labels.map((label, index): Item => ({ index, path: `${index}.png`, kind: 'image', bytes: 1, split: index % 5 === 4 ? 'test' : 'train', ...(label !== undefined && { label }) }));
}

const recipeOf = (more: object, data: object = {}): Recipe => readRecipe({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE, ...data }, task: { name: 'classify' }, ...more });

test('a run fills in classes and the share of labelled samples; alone, it learns from the labelled items; with consistency, from all', (t) => {
  const items = createItems([50, 25]);
  const alone = nameClasses(recipeOf({}, { labelShare: 0.2 }), { items }, registries.task);
  t.deepEqual(alone.data.classes, ['a', 'b']);
  t.is(alone.data.labelled, 1);
  t.deepEqual([alone.data.classShares, alone.data.chance], [[8 / 12, 4 / 12], { accuracy: 8 / 12 }]);
  t.is(partsOf(alone).puzzle.metrics['accuracy']!.chance, 8 / 12);
  t.is(chooseTrained(alone, items).items.length, 12);
  const both = nameClasses(recipeOf({ consistency: { predictions: {} } }, { labelShare: 0.2 }), { items }, registries.task);
  t.is(chooseTrained(both, items).items.length, 120);
  t.is(both.data.labelled, 12 / 120);
});

test('what is hidden of items: all of those without a shown label where labels are all that is learnt from, else the label; nothing where none are learnt from', (t) => {
  const items = createItems([50, 25]);
  const hiddenOf = (more: object): string[] => [...findHidden(nameClasses(recipeOf(more, { labelShare: 0.2 }), { items }, registries.task), items).values()];
  t.deepEqual(hiddenOf({}), Array(108).fill('item'));
  t.deepEqual(hiddenOf({ consistency: { predictions: {} } }), Array(108).fill('label'));
  t.deepEqual(hiddenOf({ task: { name: 'rotation' } }), []);
});

test('a recipe that was one of labels shows another task all items', (t) => {
  const items = createItems([50, 25]);
  const { data } = nameClasses(recipeOf({}, { labelShare: 0.2 }), { items }, registries.task);
  const other = nameClasses(readRecipe({ data, task: { name: 'rotation' } }), { items }, registries.task);
  t.is(other.data.classes, undefined);
  t.is(other.data.labelled, undefined);
  t.is(chooseTrained(other, items).items.length, items.filter(({ split }) => split === 'train').length);
});

test('sizes follow from the items that are learnt from', (t) => {
  const items = createItems([300, 300]);
  const fit = (more: object): string => fitRecipe(nameClasses(recipeOf(more, { labelShare: 0.1 }), { items }, registries.task), items).notes.join('\n');
  t.regex(fit({}), /48 items are few/);
  t.notRegex(fit({ consistency: { predictions: {} } }), /are few/);
});

test('leases carry the class of items whose label is shown, and of no others', (t) => {
  const items = createItems([20, 20]);
  const recipe = nameClasses(recipeOf({ consistency: { predictions: {} } }, { labelShare: 0.25 }), { items }, registries.task);
  const { items: trained, labels } = chooseTrained(recipe, items);
  const plan = createEpochPlan(trained, { seed: 1, microbatches: 1, microbatchSize: trained.length, clipsPerVideo: 1, labels: labels! });
  const leased = plan.microbatch(1, 0);
  t.is(leased.filter(({ label }) => label !== undefined).length, 8);
  for (const { item, label } of leased) if (label !== undefined) t.is(['a', 'b'][label], items[item]!.label);
});

test('items with a label come as often as the recipe says, each time another sample, where others are learnt from besides', (t) => {
  const items = createItems([20, 20]);
  const recipe = nameClasses(recipeOf({ consistency: { predictions: {} } }, { labelShare: 0.25, labelRepeats: 3 }), { items }, registries.task);
  const { items: trained, ...labels } = chooseTrained(recipe, items);
  const plan = createEpochPlan(trained, { seed: 1, microbatches: 1, microbatchSize: 1, clipsPerVideo: 1, ...labels });
  t.is(plan.samplesPerEpoch, trained.length + 2 * 8);
  t.is(plan.numInstances, trained.length);
  t.is(recipe.data.labelled, 24 / plan.samplesPerEpoch);
  const epoch = Array.from({ length: plan.samplesPerEpoch }, (_, step) => plan.microbatch(step + 1, 0)[0]!);
  t.is(new Set(epoch.map(({ sample }) => sample)).size, epoch.length);
  for (const { item, label } of epoch) t.is(epoch.filter((other) => other.item === item).length, label === undefined ? 1 : 3);
  const alone = nameClasses(recipeOf({}, { labelShare: 0.25, labelRepeats: 3 }), { items }, registries.task);
  t.is(chooseTrained(alone, items).labelRepeats, undefined);
});

test('refused: too few classes, a class without a training item, and no classes at all', (t) => {
  const one = createItems([5]);
  t.regex(t.throws(() => nameClasses(recipeOf({}), { items: one }, registries.task), { code: 'BAD_RECIPE' }).message, /"classify" learns from labels, expected two classes or more .* found one, "a"; 4 of 8 have no label/);
  t.regex(t.throws(() => nameClasses(recipeOf({}, { classes: ['a', 'z'] }), { items: createItems([5, 5]) }, registries.task), { code: 'BAD_RECIPE' }).message, /no training item is of z/);
  t.regex(t.throws(() => partsOf({ data: { root: '/data', source: 'image-folder' }, task: { name: 'classify' } }), { code: 'BAD_RECIPE' }).message, /classify learns from labels/);
});

const LISTED = ['cat', 'dog;cat', ';', 'fox; dog', undefined, 'cat;cat;', 'hen'];

const listed = LISTED.map((label, index): Item => ({ index, path: `${index}.png`, kind: 'image', bytes: 1, split: index === 6 ? 'test' : 'train', ...(label !== undefined && { label }) }));

test('a run finds the classes of lists, their shares, and what a guesser scores; leases carry their numbers', (t) => {
  const recipe = nameClasses(recipeOf({ task: { name: 'multi-label' } }), { items: listed }, registries.task);
  t.deepEqual(recipe.data.classes, ['cat', 'dog', 'fox']);
  t.deepEqual([recipe.data.labelKind, recipe.data.classShares], ['classes', [3 / 5, 2 / 5, 1 / 5]]);
  t.is(partsOf(recipe).puzzle.metrics['rankingPrecision']!.chance, (1 + 1 + (1 / 2 + 2 / 3) / 2 + 1) / 4);
  const { items: trained, ...labels } = chooseTrained(recipe, listed);
  t.deepEqual(trained.map(({ index }) => index), [0, 1, 2, 3, 5]);
  const plan = createEpochPlan(trained, { seed: 1, microbatches: 1, microbatchSize: 5, clipsPerVideo: 1, ...labels });
  t.deepEqual([...plan.microbatch(1, 0)].sort((a, b) => a.item - b.item).map((sample) => sample.labels), [[0], [1, 0], [], [2, 1], [0]]);
});

test('refused: labels of two kinds in one recipe', (t) => {
  const both = readRecipe({ data: { root: '/data', source: 'image-folder' }, tasks: [{ name: 'classify' }, { name: 'multi-label' }] });
  t.regex(t.throws(() => nameClasses(both, { items: listed }, registries.task), { code: 'BAD_RECIPE' }).message, /classify and multi-label learn from labels of two kinds/);
});
