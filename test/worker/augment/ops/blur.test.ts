import test from 'ava';
import { blurGaussian, gaussianWeights } from '../../../../worker/augment/ops/blur.js';
import { freshRandom } from '../../../helpers/numerics.js';

const SIDE = 21;
const at = (patch: Float32Array, y: number, x: number): number => patch[(y * SIDE + x) * 3]!;

test('weights are those of the normal distribution, up to three deviations, and sum to 1', (t) => {
  for (const sigma of [0.01, 0.3, 1, 2.7, 18]) {
    const weights = gaussianWeights(sigma);
    t.is(weights.length, Math.ceil(3 * sigma) + 1);
    const density = Array.from(weights, (_, distance) => Math.exp(-(distance ** 2) / (2 * sigma ** 2)));
    const total = 2 * density.reduce((a, b) => a + b) - 1;
    for (const [distance, weight] of weights.entries()) t.true(Math.abs(weight - density[distance]! / total) < 1e-14, `${sigma} ${distance}`);
  }
});

test('a point becomes a round hill of the given deviation, and no light is lost', (t) => {
  const patch = new Float32Array(SIDE * SIDE * 3);
  const middle = (SIDE - 1) / 2;
  patch.fill(200, (middle * SIDE + middle) * 3, (middle * SIDE + middle + 1) * 3);
  blurGaussian(patch, SIDE, 2);
  let [sum, variance] = [0, 0];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      sum += at(patch, y, x);
      variance += at(patch, y, x) * (x - middle) ** 2;
      t.true(Math.abs(at(patch, y, x) - at(patch, x, y)) < 1e-5);
      t.is(patch[(y * SIDE + x) * 3 + 2], at(patch, y, x));
    }
  }
  t.true(Math.abs(sum - 200) < 1e-3);
  // Less than 4, for the hill ends at three deviations.
  t.true(Math.abs(variance / sum - 4) < 0.15, String(variance / sum));
});

test('flat patches stay flat up to the border, and a hardly visible blur changes nothing that a byte could show', (t) => {
  const flat = new Float32Array(SIDE * SIDE * 3).fill(77);
  blurGaussian(flat, SIDE, 12);
  t.true(flat.every((value) => Math.abs(value - 77) < 1e-3));
  const { random } = freshRandom();
  const noise = Float32Array.from({ length: SIDE * SIDE * 3 }, () => random.int(256));
  const before = noise.slice();
  blurGaussian(noise, SIDE, 0.05);
  t.deepEqual(noise, before);
});
