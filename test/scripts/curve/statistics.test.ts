// Means, deviations and joint errors of a label curve, on numbers worked out by hand.

import test, { type ExecutionContext } from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { compareRuns, scoreRuns, studentBound, type Answers } from '../../../scripts/curve/statistics.js';

/** '110' says that of the items 0, 1 and 2 the first two were right. */
const answers = (text: string, first = 0): Answers => new Map([...text].map((digit, item) => [String(first + item), digit === '1']));

const isNear = (t: ExecutionContext, actual: number | undefined, expected: number): boolean => t.true(Math.abs(actual! - expected) < 1e-12, `${actual} is not ${expected}`);

test('a score is the mean over seeds with the deviation of a sample, and of one seed there is no deviation', (t) => {
  const score = scoreRuns([answers('1100'), answers('1110'), answers('1111')]);
  t.deepEqual(score.bySeed, [0.5, 0.75, 1]);
  isNear(t, score.mean, 0.75);
  isNear(t, score.deviation, 0.25);
  t.false('deviation' in scoreRuns([answers('10')]));
});

test('the error of a difference joins that of the seeds and that of the items', (t) => {
  const { mean, deviation, standardError, bound } = compareRuns([answers('1110'), answers('1100')], [answers('1000'), answers('1000')]);
  isNear(t, mean, 0.375);
  isNear(t, deviation, Math.sqrt(0.03125));
  // By seed 0.5 and 0.25; by item 0, 1, 0.5 and 0, whose variance is 0.6875 / 3.
  const [ofSeeds, ofItems] = [0.03125 / 2, 0.6875 / 3 / 4];
  isNear(t, standardError, Math.sqrt(ofSeeds + ofItems));
  const freedom = (ofSeeds + ofItems) ** 2 / (ofSeeds ** 2 + ofItems ** 2 / 3);
  isNear(t, bound, studentBound(freedom) * standardError);
});

test('with one seed the error is that of the items alone', (t) => {
  const { standardError, bySeed } = compareRuns([answers('11110000')], [answers('11000000')]);
  isNear(t, standardError, Math.sqrt((8 * 0.25 * 0.75) / 7 / 8));
  t.deepEqual(bySeed, [0.25]);
});

test('seeds may hold out other items, and equal answers differ by nothing', (t) => {
  const { mean } = compareRuns([answers('11'), answers('01', 1)], [answers('10'), answers('00', 1)]);
  isNear(t, mean, 0.5);
  t.like(compareRuns([answers('10'), answers('11')], [answers('10'), answers('11')]), { mean: 0, standardError: 0, bound: 0 });
});

test('an item that only one of the two could see says nothing of either', (t) => {
  const [ours, theirs] = [answers('1100'), answers('1000')];
  const expected = compareRuns([ours], [theirs]);
  t.deepEqual(compareRuns([answers('11001')], [theirs]), expected);
  t.deepEqual(compareRuns([ours], [answers('10001')]), expected);
});

test("bounds are Student's", (t) => {
  for (const [freedom, expected] of [[1, 12.706], [2, 4.303], [2.9, 4.303], [4, 2.776], [10, 2.228], [15, 2.131], [30, 2.042], [1000, 1.962]] as const) {
    t.true(Math.abs(studentBound(freedom) - expected) < 0.02, `${freedom}: ${studentBound(freedom)}`);
  }
});

test('where nothing differs in truth, a difference goes beyond its bound in one of twenty cases at most', (t) => {
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'calibration' });
  const spread = (size: number): number => size * (random.float() + random.float() + random.float() - 1.5);
  const [trials, seeds, items] = [300, 3, 100];
  let beyond = 0;
  for (let trial = 0; trial < trials; trial++) {
    // Items are hard for both, some for one of them more; a seed has its good or bad luck with all items.
    const chances = Array.from({ length: items }, () => ({ both: 0.4 + spread(0.4), ours: spread(0.2) }));
    const run = (sign: number): Answers => {
      const luck = spread(0.05);
      return new Map(chances.map(({ both, ours }, item) => [String(item), random.float() < both + sign * ours + luck]));
    };
    const runs = (sign: number): Answers[] => Array.from({ length: seeds }, () => run(sign));
    const { mean, bound } = compareRuns(runs(1), runs(-1));
    if (Math.abs(mean) > bound) beyond += 1;
  }
  t.true(beyond / trials < 0.05, `${beyond} of ${trials}`);
});
