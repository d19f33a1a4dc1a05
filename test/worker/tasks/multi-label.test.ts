// Several classes an item: losses and ranking by float64, what a guesser has of them, and the data's part: lists of classes in a label, and which are shown.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { chooseTrained, nameClasses } from '../../../coordinator/run/name-classes.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import { guessRanking } from '../../../shared/datasets/label-kinds.js';
import { isList, listClasses } from '../../../shared/datasets/label-lists.js';
import { showLists } from '../../../shared/datasets/shown-labels.js';
import { describeListing } from '../../../shared/datasets/describe-listing.js';
import { backends } from '../../../worker/backends/index.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createNet } from '../../../worker/compute/net.js';
import { labelMedia } from '../../../worker/evaluate/labelled-media.js';
import { registries } from '../../../worker/registries.js';
import { multiLabel as createObjective } from '../../../worker/tasks/multi-label/objective.js';
import { multiLabel } from '../../../worker/tasks/multi-label/puzzle.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';
import { partsOf } from '../../helpers/recipes.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIDE = 16;
const SHARES = [0.5, 0.4, 0.1];
const LOGITS = [[1, 0.2, -1], [0.5, 2, 0], [0, 0.1, 0.3], [3, -1, 0]];

test.before(async () => {
  await backends.simd.start();
});

interface Measuring {
  /** By sample; undefined for one without a label. */
  readonly labels: readonly (readonly number[] | undefined)[];
  readonly labelled?: number;
  readonly mix?: { readonly partner: readonly number[]; readonly own: readonly number[] };
}

function measure(options: object, { labels, labelled, mix }: Measuring): { losses: number[]; precision: number[]; counted: number[] } {
  return tf.tidy(() => {
    const parts = partsOf({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE }, task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 2, stages: 2 } } });
    const objective = createObjective(multiLabel.options.parse(options), { ...sizesOf(SIDE), classShares: SHARES, ...(labelled !== undefined && { labelled }) });
    const classes = Int32Array.from(labels.flatMap((each) => [0, 1, 2].map((k) => (each ? Number(each.includes(k)) : -1))));
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: { classes: tf.tensor2d(classes, [4, 3], 'int32') }, arrays: { classes } };
    const { terms, metrics } = objective.losses(
      { classes: tf.tensor2d(LOGITS), ...(mix && { partner: tf.tensor1d([...mix.partner], 'int32'), own: tf.tensor1d([...mix.own]) }) }, batch,
      createNet({ model: parts.model, modelOptions: parts.modelOptions, values: {} }),
    );
    const read = (tensor: tf.Tensor | undefined): number[] => [...tensor!.dataSync<'float32'>()];
    return { losses: read(terms['crossEntropy']!.perSample), precision: read(metrics['rankingPrecision']!.perSample), counted: read(metrics['rankingPrecision']!.weight) };
  });
}

const isNear = (actual: readonly number[], expected: readonly number[]): boolean => actual.length === expected.length && actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-5);

const LABELS = [[0], [0, 2], [], [1, 2]];

/** Of a sample's logits, with so much wanted of each class and of its absence. */
const lossOf = (sample: number, wanted: readonly (readonly [number, number])[]): number =>
  LOGITS[sample]!.reduce((sum, x, k) => sum + wanted[k]![0] * Math.log(1 + Math.exp(-x)) + wanted[k]![1] * Math.log(1 + Math.exp(x)), 0) / 3;

const answersOf = (labels: readonly number[]): [number, number][] => [0, 1, 2].map((k) => (labels.includes(k) ? [1, 0] : [0, 1]));

test('cross-entropy is that of float64, class by class, smoothed too; a sample without a label loses nothing', (t) => {
  t.true(isNear(measure({}, { labels: LABELS }).losses, LABELS.map((labels, i) => lossOf(i, answersOf(labels)))));
  const smoothed = LABELS.map((labels, i) => lossOf(i, answersOf(labels).map(([has, not]) => [0.8 * has + 0.1, 0.8 * not + 0.1])));
  t.true(isNear(measure({ smoothing: 0.2 }, { labels: LABELS }).losses, smoothed));
  const { losses, counted } = measure({}, { labels: [LABELS[0], undefined, LABELS[2], LABELS[3]], labelled: 0.75 });
  const plain = measure({}, { labels: LABELS }).losses;
  t.true(isNear(losses, [plain[0]! / 0.75, 0, plain[2]! / 0.75, plain[3]! / 0.75]));
  t.deepEqual(counted, [1, 0, 0, 1]);
});

test('balanced answers count by the inverse of their share, and a blended sample wants the answers of both', (t) => {
  const weigh = (answers: readonly (readonly [number, number])[]): [number, number][] => answers.map(([has, not], k) => [has / (2 * SHARES[k]!), not / (2 * (1 - SHARES[k]!))]);
  t.true(isNear(measure({ classWeights: 'balanced' }, { labels: LABELS }).losses, LABELS.map((labels, i) => lossOf(i, weigh(answersOf(labels))))));
  const mix = { partner: [3, 0, 2, 1], own: [0.6, 0.75, 1, 0.5] };
  const mixed = LABELS.map((labels, i) => mix.own[i]! * lossOf(i, answersOf(labels)) + (1 - mix.own[i]!) * lossOf(i, answersOf(LABELS[mix.partner[i]!]!)));
  t.true(isNear(measure({ mixup: 1 }, { labels: LABELS, mix }).losses, mixed));
});

test('ranking precision is the share of a sample\'s classes among those ranked as high, averaged over its classes', (t) => {
  const { precision, counted } = measure({}, { labels: LABELS });
  // By rank: 1 of 1; ranks 2 and 3: 1/2 and 2/3; none; ranks 3 and 2: 2/3 and 1/2.
  t.true(isNear(precision, [1, (1 / 2 + 2 / 3) / 2, 0, (1 / 2 + 2 / 3) / 2]), JSON.stringify(precision));
  t.deepEqual(counted, [1, 1, 0, 1]);
});

test('the ranking of a guesser is that of the frequencies, and its loss their entropy', (t) => {
  const lists = [[0], [0, 1], [2], [0], []];
  t.true(Math.abs(guessRanking(lists, [0.6, 0.2, 0.2]) - (1 + 1 + 1 / 3 + 1) / 4) < 1e-12);
  const puzzle = multiLabel.bind(multiLabel.options.parse({}), { ...sizesOf(SIDE), classShares: SHARES, chance: { rankingPrecision: 0.7 } });
  const entropy = SHARES.reduce((sum, p) => sum - p * Math.log(p) - (1 - p) * Math.log(1 - p), 0) / 3;
  t.true(Math.abs(puzzle.chanceLosses!['crossEntropy']! - entropy) < 1e-12);
  t.is(puzzle.metrics['rankingPrecision']!.chance, 0.7);
});

test('a puzzle has a 1 for each class of its item, and says so; -1 everywhere stands for no label', (t) => {
  const puzzle = bindTask(multiLabel, {}, SIDE);
  const { random } = freshRandom();
  const { frames, item } = createMedia(1, { side: SIDE + 4, puzzle });
  const unlabelled = { frames, item };
  const has = drawOne(puzzle, { ...unlabelled, labels: [0, 2] }, random).out;
  t.deepEqual([[...has['classes']!], puzzle.explain!(has).answer], [[1, 0, 1], 'of classes a, c']);
  const none = drawOne(puzzle, { ...unlabelled, labels: [] }, random).out;
  t.deepEqual([[...none['classes']!], puzzle.explain!(none).answer], [[0, 0, 0], 'of no class']);
  t.deepEqual([...drawOne(puzzle, unlabelled, random).out['classes']!], [-1, -1, -1]);
});

const recipeOf = (data: object = {}) => readRecipe({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE, ...data }, task: { name: 'multi-label' } });

const LISTED = ['cat', 'dog;cat', ';', 'fox; dog', undefined, 'cat;cat;', 'hen'];

const items = LISTED.map((label, index): Item => ({ index, path: `${index}.png`, kind: 'image', bytes: 1, split: index === 6 ? 'test' : 'train', ...(label !== undefined && { label }) }));

test('a label lists classes with semicolons between them; one alone lists none', (t) => {
  t.deepEqual(LISTED.map((label) => (label === undefined ? undefined : [isList(label), listClasses(label)])), [
    [false, ['cat']], [true, ['dog', 'cat']], [true, []], [true, ['fox', 'dog']], undefined, [true, ['cat']], [false, ['hen']],
  ]);
  const { frames } = createMedia(0, { side: SIDE, puzzle: bindTask(multiLabel, {}, SIDE) });
  t.deepEqual(labelMedia({ frames, item: 0 }, 'dog;cat;hen', ['cat', 'dog']).labels, [1, 0]);
});

test('a run finds the classes of lists, their shares, and what a guesser scores; leases carry their numbers', (t) => {
  const recipe = nameClasses(recipeOf(), { items }, registries.task);
  t.deepEqual(recipe.data.classes, ['cat', 'dog', 'fox']);
  t.deepEqual([recipe.data.labelKind, recipe.data.classShares], ['classes', [3 / 5, 2 / 5, 1 / 5]]);
  t.is(partsOf(recipe).puzzle.metrics['rankingPrecision']!.chance, (1 + 1 + (1 / 2 + 2 / 3) / 2 + 1) / 4);
  const { items: trained, ...labels } = chooseTrained(recipe, items);
  t.deepEqual(trained.map(({ index }) => index), [0, 1, 2, 3, 5]);
  const plan = createEpochPlan(trained, { seed: 1, microbatches: 1, microbatchSize: 5, clipsPerVideo: 1, ...labels });
  t.deepEqual([...plan.microbatch(1, 0)].sort((a, b) => a.item - b.item).map((sample) => sample.labels), [[0], [1, 0], [], [2, 1], [0]]);
});

test('a share of lists is that of all items with a label, each class once at least, and a larger one shows the same and more', (t) => {
  const { random } = freshRandom();
  const many = Array.from({ length: 100 }, (_, index): Item => ({
    ...items[0]!, index, label: index === 99 ? 'c' : ['a', 'b'].filter(() => random.chance(0.5)).join(';') || ';',
  }));
  const shown = [0.01, 0.1, 0.5, 1].map((share) => showLists(many, { classes: ['a', 'b', 'c'], share, seed: 3 }));
  for (const lists of shown) t.deepEqual([...new Set([...lists.values()].flat())].sort(), [0, 1, 2]);
  t.true(shown[1]!.size >= 10 && shown[1]!.size <= 13 && shown[3]!.size === 100);
  for (const [smaller, larger] of [[0, 1], [1, 2], [2, 3]] as const) t.true([...shown[smaller]!.keys()].every((index) => shown[larger]!.has(index)));
});

test('the log says that labels list classes, and counts classes one by one', (t) => {
  const lines = describeListing({ items, rejected: [], ignored: [], numHidden: 0, numOutside: 0, doubtful: [] });
  t.true(lines.includes('labels list classes (such as "dog;cat"), 3 in all: multi-label learns each, others take a list for a class of its own'), lines.join('\n'));
  t.true(lines.includes('classes of one training item alone: fox'));
});

test('refused: labels of two kinds in one recipe, and more classes than can be ranked', (t) => {
  const both = readRecipe({ data: { root: '/data', source: 'image-folder' }, tasks: [{ name: 'classify' }, { name: 'multi-label' }] });
  t.regex(t.throws(() => nameClasses(both, { items }, registries.task), { code: 'BAD_RECIPE' }).message, /classify and multi-label learn from labels of two kinds/);
  const many = { ...sizesOf(SIDE), classes: Array.from({ length: 1001 }, (_, k) => `c${k}`) };
  t.regex(t.throws(() => multiLabel.bind(multiLabel.options.parse({}), many), { code: 'BAD_RECIPE' }).message, /at most 1000/);
});
