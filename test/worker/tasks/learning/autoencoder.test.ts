// What autoencoding learns in a minute: pictures of a few numbers go through as few, what is damaged is mended, and noise is not learnt.

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

/** A square on a ground: where it lies, how large it is, and both colours. */
function createSquare(item: number): Frames {
  const random = randomOf(item);
  const [side, ground, square] = [6 + random.int(8), [0, 1, 2].map(() => random.int(120)), [0, 1, 2].map(() => 130 + random.int(120))];
  const [left, top] = [random.int(24 - side), random.int(24 - side)];
  return createClip(SIZE, (_frame, y, x, c) => (x >= left && x < left + side && y >= top && y < top + side ? square[c]! : ground[c]!));
}

function createNoise(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, () => random.int(256));
}

async function scoresOn(pictureOf: (item: number) => Frames, options: object): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: 24, shortSide: 24 }, seed: 1, steps: 200,
    task: { name: 'autoencoder', options: { code: 16, minArea: 1, ...options } }, model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.01, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 },
  });
  return (await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: 1000, numTest: 100 })).metrics;
}

test('squares go through 16 numbers, noise does not', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const [squares, noise] = [(await scoresOn(createSquare, {}))['explained']!.mean, (await scoresOn(createNoise, {}))['explained']!.mean];
  t.log(`squares ${squares}, noise ${noise}`);
  t.true(squares > 0.35, `squares ${squares}`);
  t.true(Math.abs(noise) < 0.1, `noise ${noise}`);
});

test('squares are mended where the trunk sees them damaged', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const { cleaned } = await scoresOn(createSquare, { noise: 0.2, masked: 0.25 });
  t.log(`cleaned ${cleaned!.mean}`);
  t.true(cleaned!.mean > 0.5, `cleaned ${cleaned!.mean}`);
});
