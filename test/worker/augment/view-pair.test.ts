import test from 'ava';
import { pickPictures } from '../../../worker/augment/view-pair.js';
import { vicreg } from '../../../worker/tasks/vicreg/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';

const FPS = 8;
const NUM_FRAMES = 40;
/** Every pixel of a frame is its number. */
const clip = createClip({ numFrames: NUM_FRAMES, height: 16, width: 20 }, (frame) => frame);
const numberOf = (picture: { readonly dataHWC: Uint8Array }): number => picture.dataHWC[0]!;

test('frames of a clip lie at most the given seconds apart, on both sides, and come from all of it', (t) => {
  const { random } = freshRandom();
  const drawn = Array.from({ length: 600 }, () => pickPictures({ frames: clip, item: 0, fps: FPS }, random, 3, 0.5)!.map(numberOf));
  const distances = drawn.flatMap(([first = 0, ...others]) => others.map((other) => other - first));
  t.deepEqual([Math.min(...distances), Math.max(...distances)], [-4, 4]);
  t.deepEqual([Math.min(...drawn.flat()), Math.max(...drawn.flat())], [0, NUM_FRAMES - 1]);
});

test('without seconds, or without a clip, all pictures are one', (t) => {
  const { random } = freshRandom();
  for (let i = 0; i < 50; i++) {
    const still = pickPictures({ frames: clip, item: 0, fps: FPS }, random, 2, 0)!.map(numberOf);
    t.is(still[0], still[1]);
    const [one, other] = pickPictures({ frames: clip, item: 0 }, random, 2, 3)!.map(numberOf);
    t.is(one, other);
  }
});

test('a sliver has nothing to compare', (t) => {
  const sliver = createClip({ numFrames: 1, height: 4, width: 99 }, () => 9);
  t.is(pickPictures({ frames: sliver, item: 0 }, freshRandom().random, 2, 0), undefined);
});

test('a task of two views takes them of two frames where its recipe says so', (t) => {
  const { random } = freshRandom();
  const views = { jitterChance: 0, grey: 0, blur: 0 };
  const differenceOf = (secondsApart: number): number => {
    const { out, isDrawn } = drawOne(bindTask(vicreg, { views, secondsApart }, 12), { frames: clip, item: 0, fps: FPS }, random);
    t.true(isDrawn);
    return Math.abs(out['one']![0]! - out['other']![0]!);
  };
  t.is(Math.max(...Array.from({ length: 30 }, () => differenceOf(0))), 0);
  const largest = Math.max(...Array.from({ length: 60 }, () => differenceOf(1)));
  t.true(largest > 3 && largest <= FPS);
});
