// What is learnt from labels in a minute on made pictures: which shape is there, which of several are, and where.

import anyTest, { type TestFn } from 'ava';
import { guessRanking } from '../../../../shared/datasets/label-kinds.js';
import { guessPixels } from '../../../../shared/datasets/masks/mask-classes.js';
import { backends } from '../../../../worker/backends/index.js';
import type { Media } from '../../../../worker/decode/media.js';
import { learn, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { createShape, createShapes, SHAPES } from '../../../helpers/shapes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const NUM_TRAIN = 400;
const NUM_TEST = 100;

test.before(async () => {
  await backends.simd.start();
});

/** Each made once. */
function remember(create: (item: number) => Media): (item: number) => Media {
  const made = new Map<number, Media>();
  return (item) => {
    if (!made.has(item)) made.set(item, create(item));
    return made.get(item)!;
  };
}

const mediaOf = remember(createShapes);

const build = (task: object, data: object) => partsOf({
  data: { root: '/data', source: 'image-folder', side: 24, shortSide: 24, ...data }, seed: 1, steps: 400, task,
  model: { name: 'convnet', options: { width: 8, stages: 3 } }, optimizer: { name: 'adamw', learningRate: 0.005, schedule: { name: 'one-cycle' } },
  batch: { microbatches: 1, microbatchSize: 32 },
});

test('classify tells the shape that is there, at any place and of any colour', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const shapeOf = remember(createShape);
  const classShares = SHAPES.map((_name, number) => Array.from({ length: NUM_TRAIN }, (_, item) => shapeOf(item).label).filter((label) => label === number).length / NUM_TRAIN);
  const parts = build({ name: 'classify', options: { minArea: 0.8, colourJitter: 0.1 } }, { classes: SHAPES, labelKind: 'class', classShares, chance: { accuracy: Math.max(...classShares) } });
  const { accuracy } = (await learn({ parts, mediaOf: shapeOf, numTrain: NUM_TRAIN, numTest: NUM_TEST })).metrics;
  t.log(JSON.stringify(accuracy));
  t.true(accuracy!.mean > accuracy!.chance! + 5 * accuracy!.standardError);
  t.true(accuracy!.mean > 0.9);
});

test('multi-label ranks the shapes that are there before those that are not', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const lists = Array.from({ length: NUM_TRAIN }, (_, item) => mediaOf(item).labels!);
  const classShares = SHAPES.map((_name, number) => lists.filter((list) => list.includes(number)).length / lists.length);
  const chance = { rankingPrecision: guessRanking(lists, classShares) };
  const parts = build({ name: 'multi-label', options: { minArea: 0.8, colourJitter: 0.1 } }, { classes: SHAPES, labelKind: 'classes', classShares, chance });
  const { rankingPrecision } = (await learn({ parts, mediaOf, numTrain: NUM_TRAIN, numTest: NUM_TEST })).metrics;
  t.log(JSON.stringify(rankingPrecision));
  t.true(rankingPrecision!.mean > rankingPrecision!.chance! + 5 * rankingPrecision!.standardError);
  t.true(rankingPrecision!.mean > 0.9);
});

test('segment finds the pixels of shapes', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const numClasses = SHAPES.length + 1;
  const masks = Array.from({ length: NUM_TRAIN }, (_, item) => {
    const pixels = [...mediaOf(item).mask!];
    return { path: '', bytes: 0, content: '', pixels: Object.fromEntries([...new Set(pixels)].map((value) => [value, pixels.filter((each) => each === value).length])) };
  });
  const parts = build(
    { name: 'segment', options: { minArea: 0.8, colourJitter: 0.1, width: 16, classWeights: 'balanced' } },
    { classes: ['ground', ...SHAPES], labelKind: 'mask', ...guessPixels(masks, numClasses) },
  );
  const { sampleIou, pixelAccuracy } = (await learn({ parts, mediaOf, numTrain: NUM_TRAIN, numTest: NUM_TEST })).metrics;
  t.log(JSON.stringify({ sampleIou, pixelAccuracy }));
  t.true(sampleIou!.mean > sampleIou!.chance! + 5 * sampleIou!.standardError);
  t.true(sampleIou!.mean > 0.6);
});
