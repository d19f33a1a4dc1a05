// What colorization learns in a minute: colours that shapes tell, and the mean of both where nothing tells which.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../shared/random/random.js';
import { createArrays } from '../../../../worker/augment/arrays.js';
import { prepareSamples } from '../../../../worker/augment/prepare-samples.js';
import { backends } from '../../../../worker/backends/index.js';
import { toBatch } from '../../../../worker/compute/batch.js';
import { createNet } from '../../../../worker/compute/net.js';
import { nameValues } from '../../../../worker/evaluate/features.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createClip } from '../../../helpers/clips.js';
import { learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;
const SIZE = { numFrames: 1, height: 24, width: 24 };
const NUM_TRAIN = 400;

/** As light as each other; an a of 46 and of -44. */
const [RED, GREEN] = [[214, 96, 96], [64, 151, 64]] as const;

/** Bars of two shades of one colour: down for one, across for the other, or the first more often for both. */
const createBars = (isTold: boolean) => (item: number): Frames => {
  const random = createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });
  const [isDown, phase, light] = [random.chance(0.5), random.int(8), random.uniform(0.85, 1)];
  const colour = (isTold ? isDown : random.chance(0.7)) ? RED : GREEN;
  return createClip(SIZE, (_frame, y, x, c) => (((isDown ? x : y) + phase) % 8 < 4 ? light : 0.6 * light) * colour[c]!);
};

const parts = partsOf({
  data: { root: '/data', source: 'image-folder', side: 16, shortSide: 24 }, seed: 1, steps: 150, task: { name: 'colorization', options: { minArea: 0.8, flip: false } },
  model: { name: 'convnet', options: { width: 16, stages: 2 } },
  optimizer: { name: 'adamw', learningRate: 0.005, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 16 },
});

test.before(async () => {
  await backends.simd.start();
});

test('colours that shapes tell are learnt, beyond grey and beyond what lightness tells', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const { metrics: { overGrey, overLightness } } = await learn({ parts, mediaOf: mediaFrom(createBars(true)), numTrain: NUM_TRAIN, numTest: 100 });
  t.log(`nearer than grey by ${overGrey!.mean}, than lightness by ${overLightness!.mean}`);
  t.true(overGrey!.mean > 20);
  t.true(overLightness!.mean > 10);
});

test('where nothing tells the colour, means lie between the two', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const mediaOf = mediaFrom(createBars(false));
  const { state, metrics: { overLightness } } = await learn({ parts, mediaOf, numTrain: NUM_TRAIN, numTest: 100 });
  const drawn = createArrays(parts.puzzle, 16);
  prepareSamples(parts.puzzle, { ...drawn, firstSlot: 0, seed: 9, samples: Array.from({ length: 16 }, (_, i) => ({ media: mediaOf(NUM_TRAIN + i), epoch: 0, sample: i })) });
  const named = nameValues(parts.layout, state.slice(0, parts.layout.valuesLength));
  const means = tf.tidy(() => {
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: named });
    const { means } = parts.objective.predict(toBatch(parts.puzzle, drawn.arrays, drawn.weights), net);
    return tf.mean(tf.abs(tf.slice(means!, [0, 0, 0], [-1, -1, 1]))).dataSync()[0]!;
  });
  tf.dispose(named);
  t.log(`mean |a| ${means}; over lightness ${overLightness!.mean}`);
  t.true(means > 10 && means < 30);
  t.true(Math.abs(overLightness!.mean) < 4);
});
