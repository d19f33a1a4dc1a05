import test from 'ava';
import { cropOptions, localSideOf } from '../../../worker/augment/crops.js';
import { lejepa } from '../../../worker/tasks/lejepa/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';

const SIDE = 16;
/** Brightness rises from left to right, so that a crop tells how wide it is. */
const ramp = createClip({ numFrames: 1, height: 64, width: 64 }, (_frame, _y, x) => 3 * x);
const views = { jitterChance: 0, grey: 0, blur: 0, flip: false };

/** Share of the picture's width that each crop shows. */
function widthsOf(bytes: ArrayLike<number>, side: number): number[] {
  const length = side * side * 3;
  return Array.from({ length: bytes.length / length }, (_, crop) => {
    const at = (column: number): number => bytes[crop * length + 3 * column]!;
    return ((at(side - 1) - at(0)) / 3 / 64) * (side / (side - 1));
  });
}

test('large crops show much and small ones little, each of a place of its own', (t) => {
  const { random } = freshRandom();
  const puzzle = bindTask(lejepa, { views, crops: { global: 3, local: 5, border: 0.3, minArea: 0.1 } }, SIDE);
  t.deepEqual(Object.fromEntries(Object.entries(puzzle.arrays).map(([name, { shape }]) => [name, shape])), { global: [3, 16, 16, 3], local: [5, 8, 8, 3] });
  const drawn = Array.from({ length: 60 }, () => drawOne(puzzle, { frames: ramp, item: 0 }, random));
  const large = drawn.flatMap(({ out }) => widthsOf(out['global']!, 16));
  const small = drawn.flatMap(({ out }) => widthsOf(out['local']!, 8));
  t.true(drawn.every(({ isDrawn }) => isDrawn));
  // Areas of 0.3..1 and 0.1..0.3, aspects of 3/4..4/3; half a pixel at each end, and bytes.
  t.true(Math.min(...large) > Math.sqrt(0.3 * 0.75) - 0.03 && Math.max(...large) > 0.85, `${Math.min(...large)}..${Math.max(...large)}`);
  t.true(Math.min(...small) > Math.sqrt(0.1 * 0.75) - 0.03 && Math.max(...small) < Math.sqrt(0.3 * 1.334) + 0.03, `${Math.min(...small)}..${Math.max(...small)}`);
  t.true(new Set(small.map((width) => width.toFixed(3))).size > 20);
});

test('without small crops there is no array of them; a model with patches gets small crops of whole ones', (t) => {
  t.deepEqual(Object.keys(bindTask(lejepa, { crops: { local: 0 } }, SIDE).arrays), ['global']);
  t.deepEqual([localSideOf({ side: 32 }), localSideOf({ side: 32, patch: 8 }), localSideOf({ side: 24, patch: 8 }), localSideOf({ side: 8, patch: 8 })], [16, 16, 8, 8]);
  t.false('minArea' in cropOptions.views.parse({}));
});
