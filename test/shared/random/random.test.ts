import test from 'ava';
import { createRandom, philox } from '../../../shared/random/random.js';
import type { RandomKey } from '../../../shared/random/random.js';

const key: RandomKey = { seed: 1, epoch: 2, sample: 3, purpose: 'test' };
const draw = (changed: Partial<RandomKey>): number[] => {
  const random = createRandom({ ...key, ...changed });
  return Array.from({ length: 9 }, () => random.uint32());
};

test('Philox gives the known answers of its authors', (t) => {
  const all = 0xffffffff;
  t.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  t.deepEqual(philox([all, all, all, all], [all, all]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  t.deepEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

test('equal keys give equal streams, and any other part of the key another', (t) => {
  t.deepEqual(draw({}), draw({}));
  for (const changed of [{ seed: 2 }, { epoch: 3 }, { sample: 4 }, { purpose: 'tesu' }]) t.notDeepEqual(draw(changed), draw({}));
});

test('whole numbers below a limit come equally often', (t) => {
  const random = createRandom(key);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.int(7)]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // 6 degrees of freedom: 22.5 is passed once in a thousand keys, and the key is fixed.
  t.true(chiSquare < 22.5, `chi-square ${chiSquare}`);
});

test('floats lie in [0, 1) with mean one half', (t) => {
  const random = createRandom(key);
  const values = Array.from({ length: 40_000 }, () => random.float());
  t.true(values.every((value) => value >= 0 && value < 1));
  const mean = values.reduce((a, b) => a + b) / values.length;
  t.true(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / values.length));
});

test('permutations hold every number once and all 24 of four come up', (t) => {
  const random = createRandom(key);
  const seen = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = random.permutation(4).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  t.is(seen.size, 24);
  for (const order of seen.keys()) t.is([...order].sort().join(''), '0123');
  // Deviation of a count is 31: five of them.
  for (const count of seen.values()) t.true(Math.abs(count - 1000) < 155);
});
