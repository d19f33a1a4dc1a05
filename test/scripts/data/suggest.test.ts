// Which tasks fit which data: traits from made-up thumbnails, rules, and that the recipe that is printed is one.

import test from 'ava';
import { describeTraits, suggest } from '../../../scripts/data/suggest.js';
import type { DataTraits } from '../../../scripts/data/task-fit.js';
import { fitSizes } from '../../../scripts/data/fit-recipe.js';
import { countNear, isConstant, isGrey, measureUp, SIDE, toThumbnail, type Thumbnail } from '../../../scripts/data/thumbnails.js';
import { formatSuggestion } from '../../../scripts/format/suggestion.js';
import { describeTasks } from '../../../scripts/tasks/describe-tasks.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import { parseSet } from '../../../shared/recipe/overrides.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { freshRandom } from '../../helpers/numerics.js';

const tasks = describeTasks();

/** Pictures of noise, `light` brighter at the top than at the bottom. */
function makeThumbnails(count: number, light = 0): Thumbnail[] {
  const { random } = freshRandom();
  return Array.from({ length: count }, () => ({ grey: Float64Array.from({ length: SIDE * SIDE }, (_, i) => random.uniform(50, 200) + (light * (SIDE - Math.floor(i / SIDE))) / SIDE), colour: 40 }));
}

const images: DataTraits = {
  source: 'image-folder', kind: 'image', numTrain: 2000, shares: { grey: 0, constant: 0, near: 0, still: 0, sounding: 0, listed: 0 },
  up: 20, numClasses: { class: 0, classes: 0, mask: 0 }, shortSide: 200, durationS: 0,
};
const videos: DataTraits = { ...images, source: 'video-folder', kind: 'video', durationS: 8 };

const fitOf = (traits: DataTraits, task: string) => suggest('/data', traits, tasks).fits.find((fit) => fit.task === task)!;

test('pictures that are lit from above have an up direction, noise has none', (t) => {
  t.true(measureUp(makeThumbnails(500, 20)) > 10);
  t.true(measureUp(makeThumbnails(500)) < 4.5);
});

test('near copies, grey and constant pictures are counted', (t) => {
  const [first, second] = makeThumbnails(2) as [Thumbnail, Thumbnail];
  const copy = { ...first, grey: first.grey.map((value) => value + 1) };
  t.is(countNear([first, second, copy]), 2);
  const frames = { dataNHWC: new Uint8Array(16 * 16 * 3).fill(90), numFrames: 1, height: 16, width: 16 };
  const flat = toThumbnail(frames);
  t.true(isGrey(flat) && isConstant(flat));
  const red = toThumbnail({ ...frames, dataNHWC: frames.dataNHWC.map((_, i) => (i % 3 === 0 ? 200 : 10)) });
  t.true(!isGrey(red) && isConstant(red));
});

test('rotation is not for pictures without an up direction, and nothing is said where too few are there to tell', (t) => {
  t.true(fitOf(images, 'rotation').fits);
  const { fits, reasons } = fitOf({ ...images, up: 1.2 }, 'rotation');
  t.false(fits);
  t.regex(reasons.join(), /^Nothing shows which way is up \(1\.2 standard errors\)/);
  t.true(fitOf({ ...images, up: undefined }, 'rotation').fits);
  t.not(suggest('/data', { ...images, up: 1.2 }, tasks).task, 'rotation');
});

test('still videos are not for tasks of motion, silent ones not for sound, images for neither', (t) => {
  for (const [traits, task, fits] of [
    [videos, 'frame-order', true], [{ ...videos, shares: { ...videos.shares, still: 0.8 } }, 'frame-order', false], [images, 'frame-order', false],
    [videos, 'sound-match', false], [{ ...videos, shares: { ...videos.shares, sounding: 1 } }, 'sound-match', true],
    [videos, 'rotation', true], [{ ...images, shares: { ...images.shares, grey: 0.9 } }, 'colorization', false],
    [{ ...images, shares: { ...images.shares, near: 0.9 } }, 'vicreg', false],
  ] as const) t.is(fitOf(traits, task).fits, fits, task);
});

test('of how many videos have sound a share is told, and none by a word', (t) => {
  t.deepEqual(fitOf(videos, 'sound-match').reasons, ['None of them has sound.']);
  t.deepEqual(fitOf({ ...videos, shares: { ...videos.shares, sounding: 0.25 } }, 'sound-match').reasons, ['Only 25 % have sound.']);
});

test('tasks that learn from labels fit where there are such labels: segment wants masks, classify a class an item, multi-label lists', (t) => {
  const supervised = ['classify', 'multi-label', 'segment'];
  const fitting = (items: readonly Partial<Item>[]): readonly string[] => {
    const listed = items.map((item, index): Item => ({ index, path: `${index}.jpg`, kind: 'image', bytes: 1, split: 'train', ...item }));
    const { fits } = suggest('/data', describeTraits('image-folder', listed, { numSeen: 0, numTried: 0, thumbnails: [], motion: [] }), tasks);
    return fits.filter((fit) => fit.fits && supervised.includes(fit.task)).map(({ task }) => task).sort();
  };
  const mask = { path: '1.mask.png', bytes: 1, content: 'c', pixels: { 0: 50, 1: 50, 255: 3 } };
  t.deepEqual(fitting([{ label: 'cat' }, { label: 'dog' }]), ['classify']);
  for (const several of ['cat;dog', ';']) t.deepEqual(fitting([{ label: 'cat' }, { label: 'dog' }, { label: several }]), ['classify', 'multi-label']);
  t.deepEqual(fitting([{ label: 'cat' }, { label: 'dog' }, { label: 'cat;dog', split: 'test' }]), ['classify']);
  t.deepEqual(fitting([{ mask }]), ['segment']);
  t.deepEqual(fitting([{ label: 'cat;dog' }]), ['multi-label']);
  t.deepEqual(fitting([{ label: 'cat' }, { label: 'dog', split: 'test' }, { mask: { ...mask, pixels: { 1: 90, 255: 3 } } }]), []);
  t.deepEqual(fitOf({ ...images, numClasses: { class: 2, classes: 2, mask: 0 } }, 'segment').reasons, ['It needs masks of at least two classes.']);
});

test('where every label is of one class multi-label is told to leave it to classify; where some list several, classify is told what it makes of them', (t) => {
  const labelled = { ...images, numClasses: { class: 3, classes: 2, mask: 0 } };
  t.deepEqual(fitOf(labelled, 'multi-label').reasons, ['Every label is of one class: classify learns them.']);
  t.deepEqual(fitOf(labelled, 'classify'), { task: 'classify', fits: true, reasons: [] });
  const listed = { ...labelled, shares: { ...images.shares, listed: 0.25 } };
  t.deepEqual(fitOf(listed, 'multi-label'), { task: 'multi-label', fits: true, reasons: [] });
  t.regex(fitOf(listed, 'classify').reasons.join(), /^It takes a label that lists classes \(25 % do\) for a class of its own: multi-label/);
});

test('how many items there are and how many are wanted is said before a recipe for few, and nothing of it where there are enough', (t) => {
  for (const [traits, words] of [[images, '13 images'], [videos, '13 videos']] as const) {
    const text = formatSuggestion(suggest('/data', { ...traits, numTrain: 13 }, tasks));
    t.regex(text, new RegExp(`begin with [\\w-]+:\n  ${words} are few to pretrain on: .* 200 are wanted at least`));
    t.notRegex(formatSuggestion(suggest('/data', { ...traits, numTrain: 200 }, tasks)), /are few to pretrain on/);
    t.regex(formatSuggestion(suggest('/data', { ...traits, numClasses: { class: 1, classes: 1, mask: 0 } }, tasks)), /to train on, labels of one class\n/);
  }
});

test('keys that the folder was read by are in the recipe that is printed', (t) => {
  const { recipe } = suggest('/data', images, tasks, ['data.channels=grey', 'data.shortSide=200', 'data.side=96'].map(parseSet));
  t.like(parseRecipe(recipe!, { file: 'recipe' }).recipe.stages[0]!.data, { root: '/data', channels: 'grey', side: 96 });
});

test('where no preferred task fits the first that does is begun with, and pictures of one colour fit none', (t) => {
  const shares = { ...videos.shares, grey: 1, near: 1, still: 1 };
  const { task, fits } = suggest('/data', { ...videos, up: 0, shares }, tasks);
  t.true(task !== undefined && fits.some((fit) => fit.task === task && fit.fits));
  const flat = suggest('/data', { ...images, shares: { ...images.shares, constant: 1 } }, tasks);
  t.is(flat.task, undefined);
  t.false(flat.fits.some((fit) => fit.fits));
});

test('the recipe that is printed is one, whichever task it begins with', (t) => {
  for (const traits of [images, videos, { ...images, up: 0 }, { ...images, numTrain: 20, shortSide: 32 }, { ...videos, shares: { ...videos.shares, still: 1 } }]) {
    const { recipe, task } = suggest('/data', traits, tasks);
    const { recipe: parsed } = parseRecipe(recipe!, { file: 'recipe' });
    t.is(readRecipe(parsed.stages[0]).task.name, task!);
  }
});

test('sizes follow from the data: small pictures, few items, many items', (t) => {
  t.like(fitSizes({ kind: 'image', numTrain: 2000, shortSide: 32 }, { tasks: ['rotation'] }), { data: { side: 32 }, batch: { microbatchSize: 8 }, steps: 1000, optimizer: { name: 'adamw', learningRate: 0.002 } });
  t.like(fitSizes({ kind: 'image', numTrain: 50, shortSide: 300 }, { tasks: ['rotation'] }), { data: { side: 64 }, batch: { microbatchSize: 4 }, steps: 1000 });
  t.like(fitSizes({ kind: 'image', numTrain: 2000, shortSide: 300 }, { tasks: ['vicreg'] }), { batch: { microbatchSize: 64 } });
  for (const learnt of [{ tasks: ['rotation', 'simclr'] }, { tasks: ['rotation'], isCompared: true }]) t.is(fitSizes({ kind: 'image', numTrain: 2000, shortSide: 300 }, learnt).batch.microbatchSize, 64);
  t.is(fitSizes({ kind: 'video', numTrain: 10_000, shortSide: 32 }, { tasks: ['frame-order'] }).steps, 4700);
  t.is(fitSizes({ kind: 'image', numTrain: 10_000_000, shortSide: 300 }, { tasks: ['rotation'] }).steps, 20_000);
});

test('traits are read off items and contents, and told in words', (t) => {
  const items = Array.from({ length: 10 }, (_, index): Item => ({
    index, path: `${index}.mp4`, kind: 'video', bytes: 1, split: index < 8 ? 'train' : 'test', width: 320, height: 240, durationS: index, hasSound: index < 5,
  }));
  const traits = describeTraits('video-folder', items, { numSeen: 4, numTried: 4, thumbnails: makeThumbnails(4), motion: [0, 0.2, 5, 9] });
  t.deepEqual(traits, {
    source: 'video-folder', kind: 'video', numTrain: 8, shares: { grey: 0, constant: 0, near: 0, still: 0.5, sounding: 0.5, listed: 0 },
    up: undefined, numClasses: { class: 0, classes: 0, mask: 0 }, shortSide: 240, durationS: 5,
  });
  const text = formatSuggestion(suggest('/data', traits, tasks));
  t.regex(text, /8 videos to train on, no labels\n/);
  t.regex(text, /begin with frame-order:\n/);
  t.regex(formatSuggestion({ root: '/data', traits, fits: [] }), /No task fits these data\.\n$/);
});
