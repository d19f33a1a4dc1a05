// What inpainting learns in a minute: what is around a hole says what was there, unless it is noise.

import anyTest, { type TestFn } from 'ava';
import { createRandom } from '../../../../shared/random/random.js';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import type { MetricScore } from '../../../../worker/evaluate/pretext.js';
import { createClip } from '../../../helpers/clips.js';
import { learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;
const SIZE = { numFrames: 1, height: 24, width: 24 };
const randomOf = (item: number) => createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });

test.before(async () => {
  await backends.simd.start();
});

async function scoresOn(pictureOf: (item: number) => Frames, options: object = {}): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: 24, shortSide: 24 }, seed: 1, steps: 200,
    task: { name: 'inpainting', options: { hole: 'centre', minArea: 1, ...options } }, model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.01, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 },
  });
  return (await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: 1000, numTest: 100 })).metrics;
}

/** A dark ground with two bars that cross, one down and one across: the middle follows from the rim. */
function createCross(item: number): Frames {
  const random = randomOf(item);
  const [left, top] = [6 + random.int(9), 6 + random.int(9)];
  const [ground, bars] = [random.int(80), [0, 1, 2].map(() => 120 + random.int(130))];
  return createClip(SIZE, (_frame, y, x, c) => (Math.abs(x - left) < 2 || Math.abs(y - top) < 2 ? bars[c]! : ground));
}

function createNoise(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, () => random.int(256));
}

test('bars are carried on across the hole, better than the border is; noise is not', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const [crosses, noise] = [await scoresOn(createCross), await scoresOn(createNoise)];
  t.log(`explained ${crosses['explained']!.mean}, over diffusion ${crosses['overDiffusion']!.mean} dB; of noise ${noise['explained']!.mean}`);
  t.true(crosses['explained']!.mean > 0.4);
  t.true(crosses['overDiffusion']!.mean > 1);
  t.true(Math.abs(noise['explained']!.mean) < 0.1);
});

test('a critic learns beside to tell filled holes, and they are filled all the same', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const { explained, spotted } = await scoresOn(createCross, { adversarial: 0.01 });
  t.log(`explained ${explained!.mean}, spotted ${spotted!.mean}`);
  t.true(explained!.mean > 0.3);
  t.true(spotted!.mean > 0.55);
});
