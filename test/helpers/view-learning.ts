// What tasks that compare views learn of made pictures in a minute: the controls that all of them owe.

import type { ExecutionContext } from 'ava';
import { createRandom } from '../../shared/random/random.js';
import type { Frames } from '../../worker/decode/frames.js';
import type { MetricScore } from '../../worker/evaluate/pretext.js';
import { createClip, createNoise } from './clips.js';
import { errorsAbove, learn, mediaFrom, ONLY_LONG } from './learning.js';
import { IS_LONG } from './long.js';
import { partsOf } from './recipes.js';
import { skipWithReason } from './test-data.js';

const SIZE = { numFrames: 1, height: 24, width: 24 };
const NUM_TRAIN = 600;
const NUM_TEST = 192;
const PUZZLES = 2;

const randomOf = (item: number) => createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });

/** Stripes of one slope, period and pair of levels: a crop shows them as well as the whole. */
function createStripes(item: number): Frames {
  const random = randomOf(item);
  const [down, across, period] = [random.int(5) - 2, 1 + random.int(2), 3 + random.int(9)];
  const [dark, light] = [random.int(100), 150 + random.int(100)];
  return createClip(SIZE, (_frame, y, x) => ((((down * y + across * x) % period) + period) % period < period / 2 ? dark : light));
}

/** One colour everywhere, of one lightness for all pictures. */
function createTint(item: number): Frames {
  const random = randomOf(item);
  const [red, blue] = [random.int(256), random.int(256)];
  const green = (128 - 0.299 * red - 0.114 * blue) / 0.587;
  return createClip(SIZE, (_frame, _y, _x, c) => Math.min(255, Math.max(0, [red, green, blue][c]!)));
}

/** Noise: nothing of it is at the same place in two crops. */
function createGrain(item: number): Frames {
  const noise = createNoise(randomOf(item));
  return createClip(SIZE, () => noise(256));
}

interface ViewLesson {
  readonly name: string;
  readonly options: object;
  pictureOf(item: number): Frames;
}

async function learnViews({ name, options, pictureOf }: ViewLesson): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: 16, shortSide: 24 }, seed: 1, steps: 120,
    task: { name, options }, model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 },
  }, NUM_TRAIN);
  return (await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: NUM_TRAIN, numTest: NUM_TEST, puzzlesPerItem: PUZZLES })).metrics;
}

const aboveChance = ({ mean, chance }: MetricScore): number => errorsAbove(mean, chance!, NUM_TEST * PUZZLES);

/** Stripes are told from each other, far above chance, and rows stay spread out. */
export async function learnStripes(t: ExecutionContext, name: string, options: object): Promise<void> {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const { accuracy, embeddingDeviation } = await learnViews({ name, options, pictureOf: createStripes });
  t.log(`accuracy ${accuracy!.mean}, chance ${accuracy!.chance}; deviation ${embeddingDeviation!.mean}, collapsed below ${embeddingDeviation!.collapsed}`);
  t.true(aboveChance(accuracy!) > 5, `accuracy ${accuracy!.mean}`);
  t.true(embeddingDeviation!.mean > embeddingDeviation!.collapsed!, `deviation ${embeddingDeviation!.mean}`);
}

/** Pictures that differ in their colour alone are told apart without the guard, less with it, and not where all views are grey. */
export async function lookPastTints(t: ExecutionContext, name: string, options: object): Promise<void> {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const [grey, open, guarded] = [{ views: { grey: 1 } }, { guards: { colour: false } }, {}].map((more) => learnViews({ name, options: { ...options, ...more }, pictureOf: createTint }));
  const [withoutColour, without, within] = [(await grey!)['accuracy']!, (await open!)['accuracy']!, (await guarded!)['accuracy']!];
  t.log(`all views grey ${withoutColour.mean}, open ${without.mean}, guarded ${within.mean}, chance ${withoutColour.chance}`);
  t.true(aboveChance(withoutColour) < 3, `grey ${withoutColour.mean}`);
  t.true(without.mean > withoutColour.mean + 0.3, `open ${without.mean}`);
  // Hues turn by a tenth of the circle at most, so that strong tints remain in part.
  t.true(within.mean < 0.6 * without.mean, `guarded ${within.mean}`);
}

/** Noise is told apart where views show the same pixels at the same places, and hardly with crops of their own. */
export async function lookPastPlaces(t: ExecutionContext, name: string, options: object): Promise<void> {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const [open, guarded] = [{ guards: { randomCrop: false } }, {}].map((more) => learnViews({ name, options: { ...options, ...more }, pictureOf: createGrain }));
  const [without, within] = [(await open!)['accuracy']!, (await guarded!)['accuracy']!];
  t.log(`open ${without.mean}, guarded ${within.mean}, chance ${without.chance}`);
  t.true(aboveChance(without) > 5, `open ${without.mean}`);
  // Two crops may be much the same one by chance.
  t.true(within.mean - within.chance! < 0.2 * (without.mean - without.chance!), `guarded ${within.mean}`);
}
