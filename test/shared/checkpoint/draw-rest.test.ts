import test from 'ava';
import { drawRest } from '../../../shared/checkpoint/draw-rest.js';
import type { TargetArray } from '../../../shared/checkpoint/transfer.js';
import type { NamedArray } from '../../../shared/tensors/safetensors.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

const SIZE = 40_000;
const target: readonly TargetArray[] = [{ name: 'trunk/stage2/kernel', shape: [200, 200], offset: 1 }, { name: 'trunk/stage3/kernel', shape: [4], offset: SIZE + 1 }];

test('arrays are drawn by the mean and the variance of the checkpoint\'s, whatever its shape, each by its own name and the seed', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const given: NamedArray = { name: 'trunk/stage2/kernel', shape: [3, 100], values: Float32Array.from(normals(random, 300), (value) => 0.5 * value - 3) };
  const draw = (key: number): Float32Array => {
    const values = new Float32Array(SIZE + 5).fill(9);
    t.deepEqual(drawRest(values, target, [given], key), ['trunk/stage2/kernel']);
    t.deepEqual([values[0], ...values.subarray(SIZE + 1)], [9, 9, 9, 9, 9]);
    return values.slice(1, SIZE + 1);
  };
  const drawn = draw(1);
  t.deepEqual(draw(1), drawn);
  t.notDeepEqual(draw(2), drawn);
  const momentsOf = (values: Float32Array): [number, number] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
  };
  const [[mean, deviation], [expected, spread]] = [momentsOf(drawn), momentsOf(given.values)];
  // Five standard errors.
  t.true(Math.abs(mean - expected) < (5 * spread) / Math.sqrt(SIZE), `${mean}, expected ${expected}`);
  t.true(Math.abs(deviation - spread) < (5 * spread) / Math.sqrt(2 * SIZE), `${deviation}, expected ${spread}`);
  // Of a normal distribution 68.3 % lie within a deviation; of a uniform one 57.7 %.
  const share = drawn.filter((value) => Math.abs(value - mean) < deviation).length / SIZE;
  t.true(Math.abs(share - 0.683) < 0.02, `${share}`);
});

test('what is one number everywhere stays that number', (t) => {
  const values = new Float32Array(4);
  drawRest(values, [{ name: 'trunk/scale', shape: [4], offset: 0 }], [{ name: 'trunk/scale', shape: [2], values: Float32Array.of(0.75, 0.75) }], 5);
  t.deepEqual([...values], [0.75, 0.75, 0.75, 0.75]);
});
