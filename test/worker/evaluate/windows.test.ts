// Squares that cover a picture, and the class of each of its pixels, against sums in float64.

import test from 'ava';
import { paintSquare, planSquares } from '../../../worker/evaluate/windows.js';
import { freshRandom } from '../../helpers/numerics.js';

test('squares cover a picture, as few as can', (t) => {
  t.deepEqual(planSquares({ width: 8, height: 8 }), [{ x: 0, y: 0, length: 8 }]);
  t.deepEqual(planSquares({ width: 20, height: 8 }), [{ x: 0, y: 0, length: 8 }, { x: 6, y: 0, length: 8 }, { x: 12, y: 0, length: 8 }]);
  t.deepEqual(planSquares({ width: 8, height: 9 }), [{ x: 0, y: 0, length: 8 }, { x: 0, y: 1, length: 8 }]);
});

const SIDE = 6;
const NUM_CLASSES = 4;

for (const [what, picture, size] of [
  ['a square one, scaled up', { width: 7, height: 7 }, { width: 23, height: 23 }],
  ['a wide one, scaled up', { width: 19, height: 8 }, { width: 45, height: 19 }],
  ['a high one, scaled down', { width: 8, height: 37 }, { width: 5, height: 23 }],
] as const) {
  test(`each pixel has the likeliest class of the square whose middle is nearest, of probabilities between pixels: ${what}`, (t) => {
    const { random } = freshRandom();
    const squares = planSquares(picture).map((place) => ({ ...place, probabilitiesSSK: Float32Array.from({ length: SIDE * SIDE * NUM_CLASSES }, () => random.float()) }));
    const canvas = { ...size, numbersHW: new Uint8Array(size.width * size.height).fill(200) };
    squares.forEach(({ probabilitiesSSK }, square) => { paintSquare(canvas, { probabilitiesSSK, side: SIDE, numClasses: NUM_CLASSES, square }, picture); });
    const weigh = (place: number, start: number, length: number, pixel: number): number => {
      const at = Math.min(Math.max(((place - start) / length) * SIDE - 0.5, 0), SIDE - 1);
      return Math.max(0, 1 - Math.abs(at - pixel));
    };
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const [u, v] = [((x + 0.5) / size.width) * picture.width, ((y + 0.5) / size.height) * picture.height];
        const along = (each: { readonly x: number; readonly y: number; readonly length: number }): number =>
          Math.abs(each.length / 2 + (picture.width >= picture.height ? each.x - u : each.y - v));
        // Of two that are as near the later one.
        const own = squares.reduce((a, b) => (along(b) <= along(a) + 1e-9 ? b : a));
        const sums = Array.from({ length: NUM_CLASSES }, (_, k) => {
          let sum = 0;
          for (let row = 0; row < SIDE; row++) for (let column = 0; column < SIDE; column++) sum += weigh(v, own.y, own.length, row) * weigh(u, own.x, own.length, column) * own.probabilitiesSSK[(row * SIDE + column) * NUM_CLASSES + k]!;
          return sum;
        });
        const told = canvas.numbersHW[y * size.width + x]!;
        if (!(sums[told]! > Math.max(...sums) - 1e-6)) return void t.fail(`${x} ${y}: ${told} of ${sums.join()}`);
      }
    }
    t.pass();
  });
}
