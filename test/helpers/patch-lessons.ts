// What tasks of patches learn in a minute: where parts of a thing lie, and nothing of light and fringes where their guards are on.

import type { TestFn } from 'ava';
import { createRandom } from '../../shared/random/random.js';
import { blurGaussian } from '../../worker/augment/ops/blur.js';
import { backends } from '../../worker/backends/index.js';
import type { Frames } from '../../worker/decode/frames.js';
import { createClip } from './clips.js';
import { errorsAbove, learn, mediaFrom, ONLY_LONG } from './learning.js';
import { IS_LONG } from './long.js';
import { partsOf } from './recipes.js';
import { skipWithReason } from './test-data.js';

const NUM_TEST = 200;
const PUZZLES = 4;

/** Side of a field of spots that pictures are taken from. */
const FIELD = 70;

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

/** Noise on light that falls in from the upper left corner. */
function createLight(item: number): Frames {
  const random = randomOf(item);
  return createClip(SIZE, (_frame, y, x) => 40 + 2 * y + x + random.int(20));
}

/** Smooth spots whose red is drawn outwards, as a lens draws it, but farther. */
function createFringes(item: number): Frames {
  const random = randomOf(item);
  const spots = Float32Array.from({ length: FIELD * FIELD }, () => random.uniform(-1, 1));
  // Without it the grid that they lie on would tell where a patch lies.
  blurGaussian(spots, FIELD, 1.5);
  const at = (y: number, x: number): number => spots[y * FIELD + x]!;
  const smoothAt = (y: number, x: number): number => {
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - row, x - column];
    return (at(row, column) * (1 - right) + at(row, column + 1) * right) * (1 - down) + (at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right) * down;
  };
  const place = (pixel: number, scale: number): number => (pixel - 23.5) * scale + FIELD / 2;
  return createClip(SIZE, (_frame, y, x, c) => 128 + 450 * smoothAt(place(y, c === 0 ? 1.2 : 1), place(x, c === 0 ? 1.2 : 1)));
}

export interface PatchesTask {
  readonly name: string;
  readonly options?: object;
  readonly chance: number;
  readonly steps: number;
}

/** Three tests that train, for `npm run test:long`. */
export function testPatchesTask(test: TestFn, { name, options, chance, steps }: PatchesTask): void {
  /** Accuracy on held-out pictures of a kind. */
  async function accuracyOn(pictureOf: (item: number) => Frames, guards: object = {}): Promise<number> {
    const parts = partsOf({
      data: { root: '/data', source: 'image-folder', side: 16, shortSide: 48 }, seed: 1, steps,
      task: { name, options: { flip: false, minArea: 0.9, ...options, guards } },
      model: { name: 'convnet', options: { width: 16, stages: 3 } },
      optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } }, batch: { microbatches: 1, microbatchSize: 32 },
    });
    const { metrics } = await learn({ parts, mediaOf: mediaFrom(pictureOf), numTrain: 1000, numTest: NUM_TEST, puzzlesPerItem: PUZZLES });
    return metrics['accuracy']!.mean;
  }

  test.before(async () => {
    await backends.simd.start();
  });

  test('the parts of things that look alike are put in their places', async (t) => {
    if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
    const accuracy = await accuracyOn(createThing);
    t.log(`accuracy ${accuracy}`);
    t.true(accuracy > chance + 0.4, `accuracy ${accuracy}`);
  });

  for (const [what, pictureOf, guard] of [['light', createLight, 'normalise'], ['fringes', createFringes, 'oneChannel']] as const) {
    test(`${what} alone teach nothing with the guards on, and the answer without ${guard}`, async (t) => {
      if (!IS_LONG) return skipWithReason(t, ONLY_LONG);
      const [guarded, open] = [await accuracyOn(pictureOf), await accuracyOn(pictureOf, { [guard]: false })];
      t.log(`guarded ${guarded}, open ${open}`);
      t.true(Math.abs(errorsAbove(guarded, chance, NUM_TEST * PUZZLES)) < 3, `guarded ${guarded}`);
      t.true(errorsAbove(open, chance, NUM_TEST * PUZZLES) > 5, `open ${open}`);
    });
  }
}
