// What relative location learns in a minute: where parts of a thing lie, and nothing of light and fringes where its guards are on.

import anyTest, { type TestFn } from 'ava';
import { createRandom } from '../../../../shared/random/random.js';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createClip } from '../../../helpers/clips.js';
import { errorsAbove, learn, mediaFrom, ONLY_LONG } from '../../../helpers/learning.js';
import { IS_LONG } from '../../../helpers/long.js';
import { partsOf } from '../../../helpers/recipes.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const CHANCE = 1 / 8;
const NUM_TEST = 200;
const PUZZLES = 4;

test.before(async () => {
  await backends.simd.start();
});

/** Accuracy on held-out pictures of a kind. */
async function accuracyOn(pictureOf: (item: number) => Frames, guards: object = {}): Promise<number> {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: 16, shortSide: 48 }, seed: 1, steps: 150,
    task: { name: 'relative-location', options: { flip: false, minArea: 0.9, guards } },
    model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 },
  });
  const { metrics } = await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: 1000, numTest: NUM_TEST, puzzlesPerItem: PUZZLES });
  return metrics['accuracy']!.mean;
}

const SIZE = { numFrames: 1, height: 48, width: 48 };
const randomOf = (item: number) => createRandom({ seed: 3, epoch: 0, sample: item, purpose: 'test pictures' });

/** A thing of nine parts that differ, a little moved, in light of its own. */
function createThing(item: number): Frames {
  const random = randomOf(item);
  const [left, top, level] = [random.int(5) - 2, random.int(5) - 2, random.int(60)];
  const noise = Uint8Array.from({ length: 48 * 48 }, () => random.int(30));
  return createClip(SIZE, (_frame, y, x) => {
    const [row, column] = [Math.floor((y + top) / 16), Math.floor((x + left) / 16)];
    const [slope, period] = [[[1, 0], [0, 1], [1, 1]][Math.min(Math.max(row, 0), 2)]!, [4, 8, 16][Math.min(Math.max(column, 0), 2)]!];
    return 40 + level + noise[48 * y + x]! + (((slope[0]! * y + slope[1]! * x) % period) < period / 2 ? 90 : 0);
  });
}

test('the parts of things that look alike are put in their places', async (t) => {
  if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
  const accuracy = await accuracyOn(createThing);
  t.log(`accuracy ${accuracy}`);
  t.true(accuracy > CHANCE + 0.4, `accuracy ${accuracy}`);
});

/** Noise on light that falls in from the upper left corner. */
function createLight(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, (_frame, y, x) => 40 + 2 * y + x + random.int(20));
}

/** Spots whose red is drawn outwards, as a lens draws it, but farther. */
function createFringes(item: number): Frames {
  const random = randomOf(item);
  // Where a pixel is left out differs, for a fixed place would tell where a patch lies.
  const phase = random.float();
  const spots = Uint8Array.from({ length: 40 * 40 }, () => random.int(256));
  const outwards = (at: number): number => Math.floor((at - 23.5) / 5 + phase);
  const spotAt = (y: number, x: number): number => spots[Math.floor((y + 10) / 3) * 40 + Math.floor((x + 10) / 3)]!;
  return createClip(SIZE, (_frame, y, x, c) => (c === 0 ? spotAt(y + outwards(y), x + outwards(x)) : spotAt(y, x)));
}

for (const [what, pictureOf, guard] of [['light', createLight, 'normalise'], ['fringes', createFringes, 'oneChannel']] as const) {
  test(`${what} alone teach nothing with the guards on, and the answer without ${guard}`, async (t) => {
    if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
    const [guarded, open] = [await accuracyOn(pictureOf), await accuracyOn(pictureOf, { [guard]: false })];
    t.log(`guarded ${guarded}, open ${open}`);
    t.true(Math.abs(errorsAbove(guarded, CHANCE, NUM_TEST * PUZZLES)) < 3, `guarded ${guarded}`);
    t.true(errorsAbove(open, CHANCE, NUM_TEST * PUZZLES) > 5, `open ${open}`);
  });
}
