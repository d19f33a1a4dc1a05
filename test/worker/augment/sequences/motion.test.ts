// What motion.ts measures on clips whose motion is known: thumbnails, differences, repeated frames, cuts.

import test from 'ava';
import type { Frames } from '../../../../worker/decode/frames.js';
import { differenceOf, findScenes, GRID, shrinkFrames, type Thumbnail } from '../../../../worker/augment/sequences/motion.js';
import { createClip } from '../../../helpers/clips.js';
import { freshRandom } from '../../../helpers/numerics.js';

const BOTH = { duplicates: true, cuts: true };

/** A thumbnail made by hand, less its mean as those of frames are. */
function thumbnailOf(valueAt: (x: number, y: number) => number): Thumbnail {
  const cells = Float32Array.from({ length: GRID * GRID }, (_, i) => valueAt(i % GRID, Math.floor(i / GRID)));
  const mean = cells.reduce((sum, value) => sum + value, 0) / cells.length;
  return cells.map((value) => value - mean);
}

/** A clip on a ground of noise, of which a bright square covers the columns from `leftOf(frame)` on. */
function createSquare(numFrames: number, leftOf: (frame: number) => number): Frames {
  const { random } = freshRandom();
  const [height, width] = [32, 48];
  const ground = Uint8Array.from({ length: height * width }, () => random.int(60));
  return createClip({ numFrames, height, width }, (frame, y, x) =>
    (x >= leftOf(frame) && x < leftOf(frame) + 12 && y >= 8 && y < 24 ? 220 : ground[y * width + x]!));
}

test('a thumbnail has the lumas of its cells, less their mean', (t) => {
  // Cells of 2x2 pixels; green counts twice.
  const frames = createClip({ numFrames: 2, height: 2 * GRID, width: 2 * GRID }, (frame, y, x, c) => 10 * frame + 3 * Math.floor(x / 2) + (c === 1 ? Math.floor(y / 2) : 0));
  const expected = thumbnailOf((x, y) => 3 * x + y / 2);
  const [first, second] = shrinkFrames(frames);
  first!.forEach((value, i) => t.true(Math.abs(value - expected[i]!) < 1e-4, `cell ${i}`));
  // A fade is no motion.
  t.true(differenceOf(first!, second!) < 1e-4);
});

test('a shift by one cell counts for nothing, and one by two cells does', (t) => {
  const { random } = freshRandom();
  const values = Float32Array.from({ length: (GRID + 2) * GRID }, () => random.int(200));
  const shifted = (by: number): Thumbnail => Float32Array.from({ length: GRID * GRID }, (_, i) => values[Math.floor(i / GRID) * (GRID + 2) + (i % GRID) + by]!);
  t.is(differenceOf(shifted(0), shifted(0)), 0);
  t.is(differenceOf(shifted(0), shifted(1)), 0);
  t.is(differenceOf(shifted(1), shifted(0)), 0);
  t.true(differenceOf(shifted(0), shifted(2)) > 20);
});

test('frames that repeat are dropped, unless the guard is off', (t) => {
  // Every picture is shown three times.
  const thumbnails = shrinkFrames(createSquare(12, (frame) => 6 * Math.floor(frame / 3)));
  const [scene, ...others] = findScenes(thumbnails, BOTH);
  t.deepEqual(others, []);
  t.deepEqual(scene!.times, [0, 3, 6, 9]);
  t.deepEqual(findScenes(thumbnails, { duplicates: false, cuts: true })[0]!.times.length, 12);
});

test('motion is summed from the first frame of a scene on', (t) => {
  const thumbnails = shrinkFrames(createSquare(5, (frame) => [0, 4, 8, 20, 21][frame]!));
  const [scene] = findScenes(thumbnails, { duplicates: false, cuts: false });
  const steps = thumbnails.slice(1).map((thumbnail, i) => differenceOf(thumbnails[i]!, thumbnail));
  t.is(scene!.motion[0], 0);
  scene!.motion.slice(1).forEach((motion, i) => t.true(Math.abs(motion - scene!.motion[i]! - steps[i]!) < 1e-4));
});

test('a step that is large in itself and beside the median step is a cut', (t) => {
  const { random } = freshRandom();
  const grounds = [0, 1].map(() => Uint8Array.from({ length: GRID * GRID }, () => random.int(256)));
  // A column lights up in one ground after another; from frame 4 on the ground is another one.
  const thumbnails = Array.from({ length: 8 }, (_, frame) =>
    thumbnailOf((x, y) => (x === 2 * frame ? 255 : grounds[frame < 4 ? 0 : 1]![y * GRID + x]!)));
  t.deepEqual(findScenes(thumbnails, BOTH).map(({ times }) => times), [[0, 1, 2, 3], [4, 5, 6, 7]]);
  t.deepEqual(findScenes(thumbnails, BOTH).map(({ motion }) => motion[0]), [0, 0]);
  t.is(findScenes(thumbnails, { duplicates: true, cuts: false }).length, 1);
  // Where every step is as large, none is a cut.
  const flicker = Array.from({ length: 8 }, (_, frame) => thumbnailOf((x, y) => grounds[frame % 2]![y * GRID + x]!));
  t.is(findScenes(flicker, BOTH).length, 1);
});

test('a clip of one frame is a scene of one frame', (t) => {
  t.deepEqual(findScenes([thumbnailOf(() => 1)], BOTH), [{ times: [0], motion: [0] }]);
});
