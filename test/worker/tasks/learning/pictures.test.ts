// What rotation and masked autoencoding learn of made pictures in a minute, and that they learn nothing, or next to nothing, of noise.

import anyTest, { type TestFn } from 'ava';
import { createRandom, type Random } from '../../../../shared/random/random.js';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import type { MetricScore } from '../../../../worker/evaluate/pretext.js';
import { createClip } from '../../../helpers/clips.js';
import { errorsAbove, learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIZE = { numFrames: 1, height: 24, width: 24 };
const NUM_TRAIN = 400;
const NUM_TEST = 100;
const PUZZLES = 2;

const randomOf = (item: number): Random => createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });

test.before(async () => {
  if (IS_LONG) await backends.simd.start();
});

function createNoise(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, () => 60 + random.int(120));
}

/** Noise that is lighter at the top. */
function createSky(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, (_frame, y) => 140 - 3 * y + random.int(60));
}

/** Stripes of one width that begin anywhere. */
function createStripes(item: number): Frames {
  const random = randomOf(item);
  const [isUpright, begin] = [random.chance(0.5), random.int(8)];
  return createClip(SIZE, (_frame, y, x) => (((isUpright ? x : y) + begin) % 8 < 4 ? 60 : 190));
}

async function learnPictures(recipe: { readonly task: object; readonly model: object; readonly steps: number }, pictureOf: (item: number) => Frames): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsOf({
    data: { root: '/data', side: 16, shortSide: 24 }, seed: 1,
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 }, ...recipe,
  });
  return (await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: NUM_TRAIN, numTest: NUM_TEST, puzzlesPerItem: PUZZLES })).metrics;
}

test('rotation: turns are told where the light comes from above, and not in noise', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  t.timeout(300_000);
  const recipe = { task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 8, stages: 3 } }, steps: 80 };
  const scoreOf = async (pictureOf: (item: number) => Frames): Promise<number> => errorsAbove((await learnPictures(recipe, pictureOf))['accuracy']!.mean, 0.25, NUM_TEST * PUZZLES);
  const [lit, noise] = [await scoreOf(createSky), await scoreOf(createNoise)];
  t.log(`standard errors above chance: lit ${lit.toFixed(1)}, noise ${noise.toFixed(1)}`);
  t.true(lit > 5, `lit ${lit}`);
  t.true(noise < 3, `noise ${noise}`);
});

test('mae: hidden parts of stripes are guessed from those that are seen, and noise hardly is', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  t.timeout(300_000);
  const recipe = {
    task: { name: 'mae', options: { minArea: 1, maskRatio: 0.5, decoderWidth: 32, decoderHeads: 2, decoderDepth: 1 } },
    model: { name: 'vit', options: { patch: 4, width: 32, depth: 2, heads: 2 } }, steps: 300, data: { root: '/data', side: 24, shortSide: 24 },
  };
  const [stripes, noise] = [(await learnPictures(recipe, createStripes))['explained']!, (await learnPictures(recipe, createNoise))['explained']!];
  t.log(`explained: stripes ${stripes.mean.toFixed(3)} (standard error ${stripes.standardError.toFixed(3)}), noise ${noise.mean.toFixed(3)}`);
  t.true(stripes.mean > 0.1 && stripes.mean > 5 * stripes.standardError, `stripes ${stripes.mean}`);
  // Crops are scaled, which makes neighbouring pixels alike: a little of noise can be guessed at the edges of what is seen.
  t.true(noise.mean < 0.1 && noise.mean < 0.5 * stripes.mean, `noise ${noise.mean}`);
});
