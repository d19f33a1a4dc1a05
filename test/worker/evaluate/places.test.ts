// Maps as places.

import test from 'ava';
import { poolPlaces } from '../../../worker/evaluate/places.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';

test('a map that is small enough stays as it is', (t) => {
  const valuesNHWD = normals(freshRandom().random, 2 * 3 * 4 * 5);
  t.deepEqual(poolPlaces({ shape: [2, 3, 4, 5], valuesNHWD }, 2 * 4 * 4 * 5), valuesNHWD);
});

test('a larger one is averaged over areas that hold every place once', (t) => {
  const { random } = freshRandom();
  const [n, h, w, d] = [2, 5, 4, 3];
  const valuesNHWD = normals(random, n * h * w * d);
  // Two areas a side: rows 0-1 and 2-4, columns 0-1 and 2-3.
  const pooled = poolPlaces({ shape: [n, h, w, d], valuesNHWD }, n * 2 * 2 * d);
  const expected: number[] = [];
  for (let frame = 0; frame < n; frame++) {
    for (const rows of [[0, 1], [2, 3, 4]]) {
      for (const columns of [[0, 1], [2, 3]]) {
        for (let dim = 0; dim < d; dim++) {
          const numbers = rows.flatMap((y) => columns.map((x) => valuesNHWD[((frame * h + y) * w + x) * d + dim]!));
          expected.push(numbers.reduce((a, b) => a + b) / numbers.length);
        }
      }
    }
  }
  t.true(largestError(pooled, expected) < 1e-6);
});

test('every frame keeps one place at least', (t) => {
  const pooled = poolPlaces({ shape: [2, 2, 2, 1], valuesNHWD: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }, 1);
  t.deepEqual(pooled, Float32Array.of(2.5, 6.5));
});
