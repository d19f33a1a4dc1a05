// What consistency is worth in a minute: few labels and many pictures without (UDA), against the labels alone.

import anyTest, { type TestFn } from 'ava';
import { createRandom } from '../../../../shared/random/random.js';
import { backends } from '../../../../worker/backends/index.js';
import type { TrainerParts } from '../../../../worker/compute/build-parts.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import type { Media } from '../../../../worker/decode/media.js';
import { createClip } from '../../../helpers/clips.js';
import { learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;
const SIDE = 24;
const CLASSES = ['bars', 'disc', 'cross'];
/** Labelled pictures of all; every fourth sample is one of them. */
const NUM_LABELLED = 24;
const EVERY = 4;

test.before(async () => {
  await backends.simd.start();
});

/** A shape of any place, size and bright colour on a dark ground; its class is the item's remainder. */
function createShape(item: number): Frames {
  const random = createRandom({ seed: 4, epoch: 0, sample: item, purpose: 'test shapes' });
  const [left, top, size] = [7 + random.int(10), 7 + random.int(10), 4 + random.int(4)];
  const [ground, colour] = [[0, 1, 2].map(() => random.int(100)), [0, 1, 2].map(() => 150 + random.int(106))];
  const isInside = [
    (dx: number, dy: number) => Math.abs(dx) <= size && Math.abs(dy) <= size && (dy + size) % 4 < 2,
    (dx: number, dy: number) => dx * dx + dy * dy <= size * size,
    (dx: number, dy: number) => Math.abs(dx) <= size && Math.abs(dy) <= size && (Math.abs(dx) < 2 || Math.abs(dy) < 2),
  ][item % 3]!;
  return createClip({ numFrames: 1, height: SIDE, width: SIDE }, (_frame, y, x, c) =>
    Math.min(255, Math.max(0, (isInside(x - left, y - top) ? colour : ground)[c]! + random.int(40) - 20)));
}

const pictures = mediaFrom(createShape);
const labelled = (item: number): Media => ({ ...pictures(item), label: item % 3 });

function build(more: object, share: number): TrainerParts {
  return partsOf({
    data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE, classes: CLASSES, labelled: share }, seed: 1, steps: 500,
    task: { name: 'classify', options: { minArea: 0.8, colourJitter: 0.1 } }, model: { name: 'convnet', options: { width: 8, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.005, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 }, ...more,
  });
}

test('with two dozen labels, consistency on other pictures finds more of the held-out classes than the labels alone', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const numTest = 300;
  const alone = await learn({ parts: build({}, 1), mediaOf: labelled, numTrain: NUM_LABELLED, numTest });
  const consistency = { ramp: 0, second: { minArea: 0.3, colourJitter: 0.6 }, predictions: { temperature: 0.4, confidence: 0.5 } };
  const mediaOf = (item: number): Media => (item >= 1000 ? labelled(item) : item % EVERY === 0 ? labelled((item / EVERY) % NUM_LABELLED) : pictures(item));
  const both = await learn({ parts: build({ consistency }, 1 / EVERY), mediaOf, numTrain: 1000, numTest });
  const [few, more] = [alone.metrics['accuracy']!, both.metrics['accuracy']!];
  t.log(`labels alone ${few.mean}, with consistency ${more.mean}`);
  t.true(few.mean > 1 / 3 + 5 * few.standardError);
  t.true(more.mean > few.mean + 5 * Math.hypot(few.standardError, more.standardError));
});
