// What spotting artifacts learns in a minute, after a stage of autoencoding: which pictures were damaged and where, and nothing where none was.

import anyTest, { type TestFn } from 'ava';
import { transferTrunk } from '../../../../shared/checkpoint/transfer.js';
import { createRandom } from '../../../../shared/random/random.js';
import { copyTeachers, initState } from '../../../../shared/state/init.js';
import { backends } from '../../../../worker/backends/index.js';
import type { TrainerParts } from '../../../../worker/compute/build-parts.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import type { MetricScore } from '../../../../worker/evaluate/pretext.js';
import { createClip } from '../../../helpers/clips.js';
import { learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;
const SIZE = { numFrames: 1, height: 24, width: 24 };

/** Two squares on a ground, with a little noise, which an autoencoder leaves out. */
function createSquares(item: number): Frames {
  const random = createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });
  const squares = [0, 1].map(() => ({ side: 5 + random.int(6), left: random.int(14), top: random.int(14), colour: [0, 1, 2].map(() => 130 + random.int(110)) }));
  const ground = [0, 1, 2].map(() => random.int(100));
  return createClip(SIZE, (_frame, y, x, c) => {
    const over = squares.find(({ side, left, top }) => x >= left && x < left + side && y >= top && y < top + side);
    return (over ? over.colour[c]! : ground[c]!) + random.int(16);
  });
}

const mediaOf = mediaFrom(createSquares);
const sizes = { mediaOf, numTrain: 1000, numTest: 100 };

const partsFor = (task: object, steps: number): TrainerParts => partsOf({
  data: { root: '/data', source: 'image-folder', side: 24, shortSide: 24 }, seed: 1, steps, task,
  model: { name: 'convnet', options: { width: 16, stages: 2 } },
  // The repair stays as it began: what it learns in so few steps is to win, and all look alike.
  optimizer: { name: 'adamw', learningRate: 0.005, schedule: { name: 'one-cycle' }, groups: [{ match: 'head/repair/', frozenUntil: 1000 }] },
  batch: { microbatches: 1, microbatchSize: 16 },
});

const coder = partsFor({ name: 'autoencoder', options: { code: 0, minArea: 0.5 } }, 200);
let coded: Promise<Float32Array> | undefined;

/** The state of the autoencoder, trained once. */
function trainCoder(): Promise<Float32Array> {
  coded ??= learn({ parts: coder, ...sizes, numTest: 1 }).then(({ state }) => state);
  return coded;
}

async function spot(options: object, steps: number): Promise<Readonly<Record<string, MetricScore>>> {
  const parts = partsFor({ name: 'artifact-spotting', options: { minArea: 0.5, hidden: 32, ...options } }, steps);
  const begin = initState(parts.layout, 1);
  const trained = await trainCoder();
  const stored = coder.layout.entries.map(({ name, shape, offset, length }) => ({ name, shape, values: trained.subarray(offset, offset + length) }));
  const target = parts.layout.entries.filter((entry) => entry.kind !== 'constant' || entry.inherited);
  transferTrunk(begin, target, stored, { from: 'the stage before' });
  copyTeachers(parts.layout, begin);
  return (await learn({ parts, ...sizes, begin })).metrics;
}

test.before(async () => {
  await backends.simd.start();
});

test('damage that nobody mends is told from whole pictures, and where it is', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const { accuracy, maskRanked, reconstructed } = await spot({}, 150);
  t.log(`accuracy ${accuracy!.mean}, mask ${maskRanked!.mean}, the autoencoder explains ${reconstructed!.mean}`);
  t.true(reconstructed!.mean > 0.6);
  t.true(accuracy!.mean > 0.6);
  t.true(maskRanked!.mean > 0.55);
});

test('where nothing is damaged all are alike, but for a trunk that is shown the pictures themselves as whole', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const [guarded, open] = [await spot({ kept: 1 }, 60), await spot({ kept: 1, guards: { reconstructed: false } }, 60)];
  t.log(`guarded ${guarded['accuracy']!.mean}, open ${open['accuracy']!.mean}`);
  t.is(guarded['accuracy']!.mean, 0.5);
  t.true(open['accuracy']!.mean > 0.9);
});
