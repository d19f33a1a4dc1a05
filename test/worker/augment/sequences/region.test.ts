// Which square of the frames is drawn: inside its bounds, and where most moves.

import test from 'ava';
import { GRID, type Thumbnail } from '../../../../worker/augment/sequences/motion.js';
import { drawBetween, drawRegion } from '../../../../worker/augment/sequences/region.js';
import { freshRandom } from '../../../helpers/numerics.js';
import { streamOf } from '../../../helpers/frame-order.js';

/** Cells of a thumbnail are 5 pixels wide and 3 high. */
const extent = { height: 3 * GRID, width: 5 * GRID };
const whole = { left: 0, top: 0, right: extent.width, bottom: extent.height };
const still: readonly Thumbnail[] = [new Float32Array(GRID * GRID), new Float32Array(GRID * GRID)];

test('whole numbers between two come up all, both ends included, and the middle where nothing lies between', (t) => {
  const { random } = freshRandom();
  const drawn = new Set(Array.from({ length: 200 }, () => drawBetween(random, 3, 6)));
  t.deepEqual([...drawn].sort(), [3, 4, 5, 6]);
  t.deepEqual([drawBetween(random, 7, 7), drawBetween(random, 9, 4), drawBetween(random, 1, -5)], [7, 6, 0]);
});

test('a region keeps its margin from the bounds where there is room, and else lies in the middle', (t) => {
  const { random } = freshRandom();
  const bounds = { left: 10, top: 20, right: 31, bottom: 37 };
  const corners = Array.from({ length: 300 }, () => drawRegion(extent, still, random, { side: 15, margin: 2, byMotion: false, bounds }));
  // 21 pixels leave 6 for the corner, less the margins 12..14; 17 leave 2, less than the margins.
  t.deepEqual([...new Set(corners.map(({ x }) => x))].sort(), [12, 13, 14]);
  t.deepEqual([...new Set(corners.map(({ y }) => y))], [21]);
});

test('by motion, the liveliest of four regions is taken, the first of those that are alike', (t) => {
  const [column, row] = [12, 4];
  const moving = [still[0]!, Float32Array.from({ length: GRID * GRID }, (_, cell) => (cell === row * GRID + column ? -9 : 0)), still[0]!];
  const side = 14;
  const options = { side, margin: 0, bounds: whole };
  let numMoved = 0;
  for (let i = 0; i < 60; i++) {
    const random = streamOf(i);
    const four = Array.from({ length: 4 }, () => drawRegion(extent, still, random, { ...options, byMotion: false }));
    const shown = four.find(({ x, y }) => x < 5 * (column + 1) && x + side > 5 * column && y < 3 * (row + 1) && y + side > 3 * row);
    const drawn = drawRegion(extent, moving, streamOf(i), { ...options, byMotion: true });
    t.deepEqual(drawn, shown ?? four[0]!);
    if (shown !== undefined && shown !== four[0]) numMoved += 1;
  }
  t.true(numMoved > 5, `only ${numMoved} of 60 were decided by motion`);
});
