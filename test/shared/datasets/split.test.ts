import test from 'ava';
import { assignSplits, type Unsplit } from '../../../shared/datasets/split.js';

const makeItems = (length: number): Unsplit[] => Array.from({ length }, (_, i) => ({ path: `${i}.mp4` }));
const countTests = (splits: readonly string[]): number => splits.filter((split) => split === 'test').length;

test('the holdout share goes to test', (t) => {
  t.is(countTests(assignSplits(makeItems(200), { holdout: 0.2, seed: 1 })), 40);
  t.is(countTests(assignSplits(makeItems(200), { holdout: 0, seed: 1 })), 0);
});

test('of five items or more at least one is held out, of fewer none need be', (t) => {
  t.is(countTests(assignSplits(makeItems(5), { holdout: 0.01, seed: 1 })), 1);
  t.is(countTests(assignSplits(makeItems(4), { holdout: 0.01, seed: 1 })), 0);
});

test('the seed decides which, the order of items does not', (t) => {
  const items = makeItems(100);
  const splits = assignSplits(items, { holdout: 0.3, seed: 7 });
  t.deepEqual(assignSplits(items.toReversed(), { holdout: 0.3, seed: 7 }).toReversed(), splits);
  t.notDeepEqual(assignSplits(items, { holdout: 0.3, seed: 8 }), splits);
});

test('a group is never in both splits, and follows an item of it that says its split', (t) => {
  const items = makeItems(60).map((item, i): Unsplit => ({ ...item, group: `film ${i % 12}`, ...(i < 3 && { split: 'test' as const }) }));
  const splits = assignSplits(items, { holdout: 0.25, seed: 3 });
  for (let film = 0; film < 12; film++) {
    t.is(new Set(splits.filter((_, i) => i % 12 === film)).size, 1, `film ${film}`);
  }
  t.deepEqual(splits.slice(12, 15), ['test', 'test', 'test']);
});

test('a split that an item says stays, whatever the holdout', (t) => {
  const items = makeItems(10).map((item): Unsplit => ({ ...item, split: 'train' }));
  t.is(countTests(assignSplits(items, { holdout: 0.9, seed: 1 })), 0);
});
