import test from 'ava';
import { turnHue } from '../../../../worker/augment/ops/hue.js';
import { freshRandom } from '../../../helpers/numerics.js';

/** By the textbook: from RGB to hue in degrees, saturation and value. */
function toHsv([red, green, blue]: readonly number[]): { readonly hue: number; readonly saturation: number; readonly value: number } {
  const [most, least] = [Math.max(red!, green!, blue!), Math.min(red!, green!, blue!)];
  const range = most - least;
  const hues = { [blue!]: (red! - green!) / range + 4, [green!]: (blue! - red!) / range + 2, [red!]: (green! - blue!) / range };
  return { hue: (60 * hues[most]! + 360) % 360, saturation: range / most, value: most };
}

test('a third of a turn makes red green, green blue and blue red', (t) => {
  const patch = Float32Array.of(200, 0, 0, 0, 200, 0, 0, 0, 200, 120, 60, 20);
  turnHue(patch, 1 / 3);
  const expected = [0, 200, 0, 0, 0, 200, 200, 0, 0, 20, 120, 60];
  t.true(patch.every((value, i) => Math.abs(value - expected[i]!) < 1e-3), String(patch));
});

test('the hue moves by the turn; saturation and value stay, and grey stays grey', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let i = 0; i < 500; i++) {
    const colour = [10 + random.int(240), 10 + random.int(240), 10 + random.int(240)];
    if (new Set(colour).size < 2) continue;
    const turn = random.uniform(-1, 1);
    const patch = Float32Array.from(colour);
    turnHue(patch, turn);
    const [before, after] = [toHsv(colour), toHsv([...patch])];
    const off = (after.hue - before.hue - 360 * turn + 3 * 360 + 180) % 360 - 180;
    // A hue of close channels is a quotient of small differences, each rounded to fp32.
    t.true(Math.abs(off) < 1e-2, `${colour.join()} ${turn} ${off}`);
    t.true(Math.abs(after.saturation - before.saturation) < 1e-5 && Math.abs(after.value - before.value) < 1e-4);
  }
  const grey = Float32Array.of(9, 9, 9);
  turnHue(grey, 0.3);
  t.deepEqual([...grey], [9, 9, 9]);
});

test('a whole turn, either way, gives the colours back', (t) => {
  for (const turn of [-1, 0, 1]) {
    const patch = Float32Array.of(10, 20, 40, 250, 3, 77, 80, 200, 80);
    const before = patch.slice();
    turnHue(patch, turn);
    t.true(patch.every((value, i) => Math.abs(value - before[i]!) < 1e-4));
  }
});
