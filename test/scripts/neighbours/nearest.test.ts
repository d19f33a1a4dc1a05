// Angles between features.

import test from 'ava';
import { findAlike, findNearest } from '../../../scripts/neighbours/nearest.js';
import { toUnit } from '../../../worker/evaluate/embedding.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

const signal = new AbortController().signal;
const toUnits = (vectors: readonly Float32Array[]): Float64Array[] => vectors.map(toUnit);
const at = (degrees: number, length: number): Float32Array => Float32Array.of(length * Math.cos((degrees * Math.PI) / 180), length * Math.sin((degrees * Math.PI) / 180));

test('nearest are those at the least angle, whatever their length, itself left out and the earlier first of equal ones', (t) => {
  const units = toUnits([at(0, 1), at(60, 1e-6), at(-10, 1e6), at(10, 5), at(180, 1), Float32Array.of(0, 0)]);
  const found = findNearest(units, 0, [0, 1, 2, 3, 4, 5], 5);
  t.deepEqual(found.map(({ index }) => index), [2, 3, 1, 5, 4]);
  const expected = [10, 10, 60, 90, 180].map((degrees) => 1 - Math.cos((degrees * Math.PI) / 180));
  found.forEach(({ distance }, i) => t.true(Math.abs(distance - expected[i]!) < 1e-6));
});

test('likeness is the cosine by the law of cosines, and each first one has its most alike second one', async (t) => {
  const { random } = freshRandom();
  const vectors = Array.from({ length: 12 }, () => normals(random, 5));
  const lengthOf = (numbers: ArrayLike<number>): number => Math.hypot(...Array.from(numbers));
  const cosine = (a: Float32Array, b: Float32Array): number => {
    const [p, q, r] = [lengthOf(a), lengthOf(b), lengthOf(Float64Array.from(a, (value, d) => value - b[d]!))];
    return (p ** 2 + q ** 2 - r ** 2) / (2 * p * q);
  };
  const [firsts, seconds] = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11]];
  const best = firsts.map((first) => ({ first, likeness: Math.max(...seconds.map((second) => cosine(vectors[first]!, vectors[second]!))) })).sort((a, b) => b.likeness - a.likeness);
  const least = (best[2]!.likeness + best[3]!.likeness) / 2;
  const pairs = await findAlike(toUnits(vectors), { firsts, seconds, least, signal });
  t.deepEqual(pairs.map(({ first }) => first), best.slice(0, 3).map(({ first }) => first));
  pairs.forEach(({ first, second, likeness }, i) => {
    t.true(Math.abs(likeness - best[i]!.likeness) < 1e-6);
    t.true(Math.abs(likeness - cosine(vectors[first]!, vectors[second]!)) < 1e-6);
  });
});

test('looking for pairs can be stopped', async (t) => {
  await t.throwsAsync(findAlike(toUnits([at(0, 1), at(1, 1)]), { firsts: [0], seconds: [1], least: 0, signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});
