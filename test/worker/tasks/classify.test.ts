// Learning from labels: losses by float64, samples without a label, annealing, and the data's part: which labels are shown, and what a run fills in.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { chooseTrained, findHidden, nameClasses } from '../../../coordinator/run/name-classes.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import { showLabels } from '../../../shared/datasets/shown-labels.js';
import type { Recipe } from '../../../shared/recipe/schema.js';
import { fitRecipe } from '../../../scripts/data/fit-recipe.js';
import { backends } from '../../../worker/backends/index.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createNet } from '../../../worker/compute/net.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { registries } from '../../../worker/registries.js';
import { blend, drawMix, drawShare } from '../../../worker/losses/mixup.js';
import { boundAt, classify as createObjective } from '../../../worker/tasks/classify/objective.js';
import { classify } from '../../../worker/tasks/classify/puzzle.js';
import type { Outcome } from '../../../worker/tasks/objective.js';
import { createClip } from '../../helpers/clips.js';
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

const softmax = (logits: readonly number[]): number[] => {
  const exponentials = logits.map(Math.exp);
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((each) => each / sum);
};

interface Measuring {
  readonly labels: readonly number[];
  readonly labelled?: number;
  readonly progress?: number;
  /** Who each sample was blended with, and the share of its own. */
  readonly mix?: { readonly partner: readonly number[]; readonly own: readonly number[] };
}

/** Losses of three classes, at `progress` of a stage. */
function measure(options: object, { labels, labelled, progress = 1, mix }: Measuring): { losses: number[]; accuracy: number[]; counted: number[] } {
  return tf.tidy(() => {
    const parts = partsOf({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE }, task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 2, stages: 2 } } });
    const objective = createObjective(classify.options.parse(options), { ...sizesOf(SIDE), classShares: SHARES, ...(labelled !== undefined && { labelled }) });
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: {}, progress });
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: {}, arrays: { class: Int32Array.from(labels) } };
    const { terms, metrics }: Outcome = objective.losses({ class: tf.tensor2d(LOGITS), ...(mix && { partner: tf.tensor1d([...mix.partner], 'int32'), own: tf.tensor1d([...mix.own]) }) }, batch, net);
    const read = (tensor: tf.Tensor | undefined): number[] => [...tensor!.dataSync<'float32'>()];
    return { losses: read(terms['crossEntropy']!.perSample), accuracy: read(metrics['accuracy']!.perSample), counted: read(metrics['accuracy']!.weight) };
  });
}

const isNear = (actual: readonly number[], expected: readonly number[]): boolean => actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-5);

test('cross-entropy with smoothed labels is that of float64, and the class of the largest logit is the guess', (t) => {
  const labels = [0, 0, 2, 1];
  const { losses, accuracy } = measure({ smoothing: 0.3 }, { labels });
  const expected = LOGITS.map((logits, i) => -softmax(logits).reduce((sum, p, k) => sum + ((k === labels[i] ? 0.7 : 0) + 0.1) * Math.log(p), 0));
  t.true(isNear(losses, expected), JSON.stringify([losses, expected]));
  t.deepEqual(accuracy, [1, 0, 1, 0]);
});

test('balanced classes count by the inverse of their share, 1 on average over the shown labels', (t) => {
  const labels = [0, 1, 2, 1];
  const plain = measure({}, { labels }).losses;
  const weights = SHARES.map((share) => 1 / (3 * share));
  t.true(isNear(measure({ classWeights: 'balanced' }, { labels }).losses, plain.map((loss, i) => loss * weights[labels[i]!]!)));
  t.true(Math.abs(weights.reduce((sum, weight, k) => sum + weight * SHARES[k]!, 0) - 1) < 1e-12);
  t.regex(t.throws(() => bindTask(classify, { classWeights: 'balanced' }, SIDE), { code: 'BAD_RECIPE' }).message, /data\.classShares.*expected 3.*given none/);
});

test('a blended sample loses by the classes of both, each by its share and by what it counts', (t) => {
  const labels = [0, 1, 2, -1];
  const mix = { partner: [2, 0, 1, 3], own: [0.7, 0.9, 0.5, 1] };
  const options = { mixup: 0.4, classWeights: 'balanced', smoothing: 0.3 };
  const weights = SHARES.map((share) => 1 / (3 * share));
  const lossAs = (sample: number, label: number): number => weights[label]! * -softmax(LOGITS[sample]!).reduce((sum, p, k) => sum + ((k === label ? 0.7 : 0) + 0.1) * Math.log(p), 0);
  const expected = [0, 1, 2].map((i) => mix.own[i]! * lossAs(i, labels[i]!) + (1 - mix.own[i]!) * lossAs(i, labels[mix.partner[i]!]!));
  t.true(isNear(measure(options, { labels, mix }).losses, [...expected, 0]));
});

test('shares of blends are those of the larger part of Beta(a, a), and samples without a label stay as they are', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const a of [0.1, 0.4, 1]) {
    const shares = Array.from({ length: 20_000 }, () => drawShare(random, a));
    t.true(shares.every((share) => share >= 0.5 && share <= 1));
    // The variance of Beta(a, a) is 1 / (4 (2 a + 1)), and the larger part is as far from its mean of 1/2 as the smaller one.
    const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
    t.true(Math.abs(variance * 4 * (2 * a + 1) - 1) < 0.03, `${a}: ${variance}`);
  }
  tf.tidy(() => {
    const isUsed = Array.from({ length: 40 }, (_, i) => i % 4 !== 0);
    const mix = drawMix(random, isUsed, 0.4);
    const [partner, own] = [mix.partner.dataSync(), mix.own.dataSync()];
    t.deepEqual([...new Set(partner)].length, 40);
    isUsed.forEach((used, i) => { if (!used) t.deepEqual([partner[i], own[i]], [i, 1]); else t.true(isUsed[partner[i]!]); });
    const values = tf.reshape<tf.Rank.R2>(tf.linspace(0, 1.19, 120), [40, 3]);
    const blended = blend(values, mix).arraySync();
    t.true(blended.every((row, i) => isNear(row, row.map((_, c) => own[i]! * (3 * i + c) / 100 + (1 - own[i]!) * (3 * partner[i]! + c) / 100))));
  });
});

test('pictures are blended to learn from them, not to measure; consistency is refused then', (t) => {
  tf.tidy(() => {
    const parts = partsOf({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE, classes: ['a', 'b', 'c'] }, task: { name: 'classify', options: { mixup: 1 } }, model: { name: 'convnet', options: { width: 2, stages: 2 } } });
    const objective = createObjective(classify.options.parse({ mixup: 1 }), sizesOf(SIDE));
    const { random } = freshRandom();
    const values = Object.fromEntries(parts.layout.entries.map(({ name, shape }) => [name, tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)), [...shape])]));
    const picture = tf.tensor(Float32Array.from({ length: 4 * SIDE * SIDE * 3 }, () => random.uniform(-1, 1)), [4, SIDE, SIDE, 3]);
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: { picture }, arrays: { class: Int32Array.of(0, 1, 2, 0) } };
    const netOf = (training?: { seed: number; step: number; microbatch: number }) => createNet({ model: parts.model, modelOptions: parts.modelOptions, values, ...(training && { training }) });
    t.deepEqual(Object.keys(objective.predict(batch, netOf())), ['class']);
    const mixOf = (step: number): number[] => [...objective.predict(batch, netOf({ seed: 1, step, microbatch: 0 }))['own']!.dataSync()];
    t.deepEqual(mixOf(1), mixOf(1));
    t.notDeepEqual(mixOf(1), mixOf(2));
  });
  const consistent = { data: { root: '/data', source: 'image-folder', classes: ['a', 'b'] }, task: { name: 'classify', options: { mixup: 0.2 } }, consistency: { predictions: {} } };
  t.regex(t.throws(() => partsOf(consistent), { code: 'BAD_RECIPE' }).message, /mixup blends/);
});

test('samples without a label lose nothing, and the others so much that the mean over all is the mean over them', (t) => {
  const all = measure({}, { labels: [0, 0, 2, 1] }).losses;
  const { losses, counted } = measure({}, { labels: [0, -1, 2, -1], labelled: 0.5 });
  t.true(isNear(losses, [2 * all[0]!, 0, 2 * all[2]!, 0]));
  t.deepEqual(counted, [1, 0, 1, 0]);
});

test('annealing leaves out what is surer than its bound, and the mean is over what is left of the labelled', (t) => {
  const labels = [0, -1, 2, 0];
  const sure = LOGITS.map((logits, i) => softmax(logits)[Math.max(labels[i]!, 0)]!);
  const progress = 0.5;
  t.true(sure[0]! < boundAt('linear', progress, 3) && sure[2]! < boundAt('linear', progress, 3) && sure[3]! > boundAt('linear', progress, 3));
  const { losses } = measure({ annealing: 'linear' }, { labels, labelled: 0.75, progress });
  const factor = (3 / 2) / 0.75;
  t.true(isNear(losses, [-Math.log(sure[0]!) * factor, 0, -Math.log(sure[2]!) * factor, 0]));
  t.deepEqual(measure({ annealing: 'exp' }, { labels: [0, -1, 2, 0], progress: 0 }).losses.slice(0, 2), [0, 0]);
});

test('the bound rises from chance to certainty as log, line or exponential', (t) => {
  for (const annealing of ['linear', 'exp', 'log'] as const) {
    const bounds = [0, 0.25, 0.5, 1].map((progress) => boundAt(annealing, progress, 4));
    const risen = { linear: [0, 0.25, 0.5, 1], exp: [-5, -3.75, -2.5, 0].map(Math.exp), log: [0, -1.25, -2.5, -5].map((power) => 1 - Math.exp(power)) }[annealing];
    t.true(isNear(bounds, risen.map((each) => 0.25 + 0.75 * each)), annealing);
  }
  t.is(boundAt('none', 0, 4), 1);
});

test('a puzzle has the class of its item; -1 stands for none', (t) => {
  const puzzle = bindTask(classify, {}, SIDE);
  const { random } = freshRandom();
  const { label, ...unlabelled } = createMedia(5, { side: SIDE + 4, puzzle });
  t.is(drawOne(puzzle, { ...unlabelled, label: label! }, random).out['class']![0], 5 % 3);
  const { out, isDrawn } = drawOne(puzzle, unlabelled, random);
  t.true(isDrawn);
  t.is(out['class']![0], -1);
});

test('frames of a clip come from equal parts of it, in order, cropped and coloured alike', (t) => {
  const puzzle = bindTask(classify, { frames: 4, colourJitter: 0 }, SIDE);
  // Frame f is of brightness 10 f all over.
  const frames = createClip({ numFrames: 20, height: 24, width: 24 }, (frame) => 10 * frame);
  const { random } = freshRandom();
  for (let i = 0; i < 20; i++) {
    const { out } = drawOne(puzzle, { frames, item: 0, label: 1 }, random);
    const pictures = out['picture'] as Uint8Array;
    const length = SIDE * SIDE * 3;
    for (let shown = 0; shown < 4; shown++) {
      const part = pictures.subarray(shown * length, (shown + 1) * length);
      t.true(part.every((value) => value === part[0]));
      t.is(Math.floor(part[0]! / 50), shown);
    }
  }
});

test('what is measured is the whole middle as it is, a frame from the middle of each part', (t) => {
  const puzzle = bindTask(classify, { frames: 2 }, SIDE);
  const frames = createClip({ numFrames: 20, height: SIDE, width: SIDE + 6 }, (frame, _y, x) => 10 * frame + x);
  const { arrays: out } = createArrays(puzzle, 1);
  t.true(puzzle.drawPlain!({ frames, item: 0, label: 1 }, out));
  const row = (frame: number): number[] => Array.from({ length: 3 * SIDE }, (_, i) => 10 * frame + 3 + Math.floor(i / 3));
  t.deepEqual([...(out['picture'] as Uint8Array).subarray(0, 3 * SIDE)], row(5));
  t.deepEqual([...(out['picture'] as Uint8Array).subarray(-3 * SIDE)], row(15));
  t.is(out['class']![0], 1);
});

/** `counts` items of each class, a, b and so on, every fifth held out, and as many without a label. */
function createItems(counts: readonly number[]): Item[] {
  const labels = [...counts.flatMap((count, k) => Array.from({ length: count }, () => 'abc'[k]!)), ...counts.flatMap((count) => Array.from({ length: count }, () => undefined))];
  return labels.map((label, index): Item => ({ index, path: `${index}.png`, kind: 'image', bytes: 1, split: index % 5 === 4 ? 'test' : 'train', ...(label !== undefined && { label }) }));
}

test('a share of the labels is that share of each class, one at least, and a larger one shows the same and more', (t) => {
  const items = createItems([100, 40, 2]);
  const shown = [0.01, 0.1, 0.5, 1].map((share) => showLabels(items, { classes: ['a', 'b', 'c'], share, seed: 3 }));
  t.deepEqual(shown.map((labels) => [0, 1, 2].map((k) => [...labels.values()].filter((each) => each === k).length)), [[1, 1, 1], [10, 4, 1], [50, 20, 1], [100, 40, 2]]);
  for (const [smaller, larger] of [[0, 1], [1, 2], [2, 3]] as const) t.true([...shown[smaller]!.keys()].every((index) => shown[larger]!.has(index)));
  t.notDeepEqual(showLabels(items, { classes: ['a', 'b', 'c'], share: 0.1, seed: 4 }), shown[1]);
});

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
