// Where a patch lies, as numbers that are added to its token: sines and cosines of its row and column at frequencies from 1 down
// to 1 / 10000 (Vaswani et al. 2017, in two dimensions as MAE has it). Nothing is trained, so that a trunk takes pictures of any side.
// Sums and products only, which IEEE 754 fixes: every engine gives the same bits.

import { power } from '../optimizers/power.js';

const LOWEST = 1e4;
const BISECTIONS = 60;
const TERMS = 12;

/** The n-th root of `value` of 1 or more, by bisection. */
function rootOf(value: number, n: number): number {
  let [low, high] = [1, value];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (power(middle, n) > value) high = middle;
    else low = middle;
  }
  return low;
}

interface Angle {
  readonly cos: number;
  readonly sin: number;
}

/** Of an angle of 0..1, by its series. */
function angleOf(angle: number): Angle {
  let [cos, sin] = [0, 0];
  for (let n = 2 * TERMS; n > 0; n -= 2) {
    cos = 1 - (cos * angle * angle) / (n * (n - 1));
    sin = 1 - (sin * angle * angle) / (n * (n + 1));
  }
  return { cos, sin: sin * angle };
}

const turn = (a: Angle, b: Angle): Angle => ({ cos: a.cos * b.cos - a.sin * b.sin, sin: a.sin * b.cos + a.cos * b.sin });

/** Sine and cosine of `place` times each frequency, by turning step by step. [places, numFrequencies]. */
export function turnThrough(places: number, numFrequencies: number): Angle[][] {
  const root = rootOf(LOWEST, numFrequencies);
  const steps = Array.from({ length: numFrequencies }, (_, i) => angleOf(1 / power(root, i)));
  const rows: Angle[][] = [];
  for (let place = 0; place < places; place++) {
    rows.push(place === 0 ? steps.map(() => ({ cos: 1, sin: 0 })) : rows[place - 1]!.map((angle, i) => turn(angle, steps[i]!)));
  }
  return rows;
}

/** [grid * grid, width], row by row; `width` must divide by 4. */
export function positionsOf(grid: number, width: number): Float32Array {
  const quarter = width / 4;
  const angles = turnThrough(grid, quarter);
  const positions = new Float32Array(grid * grid * width);
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const numbers = [angles[row]!, angles[column]!].flatMap((each) => [...each.map(({ sin }) => sin), ...each.map(({ cos }) => cos)]);
      positions.set(numbers, (row * grid + column) * width);
    }
  }
  return positions;
}
