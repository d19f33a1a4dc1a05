// The runs of a label curve: their order, their steps, and how long the rest takes.

import test from 'ava';
import { chooseSteps, estimateLeft, planRuns } from '../../../scripts/curve/plan-runs.js';

test('seed after seed has all shares, each with all contenders, in a folder of its own', (t) => {
  const runs = planRuns([1, 0.1, 1], [2, 1]);
  t.deepEqual(runs.map(({ seed, share, contender }) => `${seed} ${share} ${contender}`), [1, 2].flatMap((seed) => [0.1, 1].flatMap((share) => ['pretrained', 'scratch', 'probe'].map((name) => `${seed} ${share} ${name}`))));
  t.is(new Set(runs.map(({ folder }) => folder)).size, runs.length);
  t.is(runs[0]!.folder, 'seed-1/share-0.1/pretrained');
});

test('few labels make no fewer steps than are worth the name', (t) => {
  t.is(chooseSteps(7), 100);
  t.is(chooseSteps(282), 282);
});

test('what is left is told from what was, starts and ends apart from samples', (t) => {
  t.is(estimateLeft([], [100]), undefined);
  const done = [{ samples: 100, trainingMs: 1000, wholeMs: 4000 }, { samples: 300, trainingMs: 3000, wholeMs: 8000 }];
  t.is(estimateLeft(done, [1000, 0]), 10 * 1000 + 4000 + 4000);
  t.is(estimateLeft(done, []), 0);
});
