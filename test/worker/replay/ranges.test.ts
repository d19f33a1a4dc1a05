// Ranges of numbers, by hand and against sums in one go.

import test from 'ava';
import { createRangeMeters, largestOf, rangeOf } from '../../../worker/replay/ranges.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

test('what is not finite is counted and left out of the rest; zeros are a share of all', (t) => {
  const range = rangeOf('x', Float32Array.of(1, 0, NaN, -3, Infinity, 0, 6, -Infinity));
  t.like(range, { name: 'x', count: 8, min: -3, max: 6, mean: 0.8, zeros: 2 / 8, notFinite: 3 });
  t.true(Math.abs(range.deviation! - Math.sqrt(46 / 5 - 0.8 ** 2)) < 1e-12);
  t.is(largestOf(range), Infinity);
  t.like(rangeOf('none', [NaN]), { min: undefined, max: undefined, mean: undefined, deviation: undefined, notFinite: 1 });
  t.is(largestOf(rangeOf('y', [-4, 3])), 4);
});

test('small deviations of large numbers are seen', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const small = normals(random, 1000);
  const { deviation, mean } = rangeOf('x', Array.from(small, (value) => 1e9 + value));
  const expected = rangeOf('small', small);
  t.true(Math.abs(deviation! - expected.deviation!) < 1e-5, `${deviation} ${expected.deviation}`);
  t.true(Math.abs(mean! - 1e9 - expected.mean!) < 1e-5);
});

test('of microbatches the one with the largest number is named, or the first that is not finite', (t) => {
  const meters = createRangeMeters();
  meters.add('a', [1, -2], 0);
  meters.add('b', [0], 0);
  meters.add('a', [-5], 1);
  meters.add('b', [NaN], 1);
  meters.add('a', [4], 2);
  meters.add('b', [Infinity], 2);
  t.deepEqual(meters.ranges().map(({ name, microbatch, count }) => [name, microbatch, count]), [['a', 1, 4], ['b', 1, 3]]);
});
