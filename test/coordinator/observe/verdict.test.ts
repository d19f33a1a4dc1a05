// Verdicts from made-up courses of a run: what each looks like, and that the sentence says what helps.

import test from 'ava';
import { addStep, NO_PROGRESS, windowLength, type Window } from '../../../coordinator/observe/progress.js';
import type { Look } from '../../../coordinator/observe/look.js';
import { judge, type JudgedStage, type VerdictKind } from '../../../coordinator/observe/verdict.js';
import { freshRandom } from '../../helpers/numerics.js';

const STEPS = 200;
const accuracy = { better: 'higher', chance: 0.25, ceiling: 1 } as const;
const stage: JudgedStage = { task: 'rotation', steps: STEPS, metrics: { accuracy }, guardsOff: [] };
const embedding: JudgedStage = { ...stage, metrics: { accuracy, embeddingDeviation: { better: 'higher', collapsed: 0.01 } } };

interface Course {
  readonly loss?: (share: number) => number;
  readonly metrics?: (share: number) => Record<string, number>;
  readonly unusable?: number;
}

/** The windows of a run whose numbers follow curves of the share of its steps, with noise. */
function follow({ loss = () => 1, metrics = () => ({}), unusable = 0 }: Course, until = STEPS): readonly Window[] {
  const { random } = freshRandom();
  const noisy = (value: number): number => value + random.uniform(-0.02, 0.02) * Math.abs(value);
  let progress = NO_PROGRESS;
  for (let step = 1; step <= until; step++) {
    const named = Object.fromEntries(Object.entries(metrics(step / STEPS)).map(([name, value]) => [name, noisy(value)]));
    const bad = Array.from({ length: unusable }, (_, position) => ({ position, item: 0, path: '', code: 'X', reason: '' }));
    progress = addStep(progress, { step, steps: STEPS, samples: 10, totals: { loss: noisy(loss(step / STEPS)), metrics: named, unusable: bad } });
  }
  return progress.windows;
}

const kindOf = (course: Course, judged = stage): VerdictKind => judge(follow(course), judged)!.kind;

test('a metric that leaves chance is learnt, one that stays there is at chance, with what usually helps', (t) => {
  t.is(kindOf({ metrics: (share) => ({ accuracy: 0.25 + 0.3 * share }) }), 'learning');
  const { kind, text } = judge(follow({ metrics: () => ({ accuracy: 0.25 }) }), stage)!;
  t.is(kind, 'at chance');
  t.regex(text, /^accuracy 0\.2\d+, a guesser's is 0\.25\. .*easier option.*optimizer\.learningRate.*more steps/);
});

test('where lower is better, below chance is learnt and above it is not', (t) => {
  const judged: JudgedStage = { ...stage, metrics: { error: { better: 'lower', chance: 2 } } };
  t.is(kindOf({ metrics: (share) => ({ error: 2 - share }) }, judged), 'learning');
  t.is(kindOf({ metrics: () => ({ error: 2.5 }) }, judged), 'at chance');
});

test('a task that is solved early is too easy, and guards that are off are blamed', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: share < 0.1 ? 0.3 : 1 }) });
  t.regex(judge(windows, { ...stage, guardsOff: ['randomCrop'] })!.text, /Guards that are off: randomCrop/);
  const { kind, text } = judge(windows, stage)!;
  t.is(kind, 'too easy');
  t.regex(text, /All guards are on/);
});

test('an embedding that goes to a point has collapsed, before half of the steps', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.3, embeddingDeviation: share < 0.15 ? 0.05 : 0.001 }) });
  const first = windows.findIndex((_, i) => judge(windows.slice(0, i + 1), embedding)!.kind === 'collapsed');
  t.true(first >= 0 && windows[first]!.step < STEPS / 2);
});

test('an embedding whose loss falls while pictures are not told apart has collapsed; one that stands still is at chance', (t) => {
  const metrics = () => ({ accuracy: 0.25, embeddingDeviation: 0.05 });
  t.is(kindOf({ loss: (share) => 1 - 0.2 * share, metrics }, embedding), 'collapsed');
  t.is(kindOf({ metrics }, embedding), 'at chance');
  t.is(kindOf({ loss: (share) => 1 - 0.2 * share, metrics: () => ({ accuracy: 0.25 }) }), 'at chance');
});

test('an embedding that spreads out from a point has not collapsed', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.25 + 0.5 * share, embeddingDeviation: 0.0005 * Math.exp(8 * share) }) });
  for (const [i] of windows.entries()) t.not(judge(windows.slice(0, i + 1), embedding)!.kind, 'collapsed');
});

test('a loss that rises far above where it began is diverging, a noisy one is not', (t) => {
  t.is(kindOf({ loss: (share) => 1 + 3 * share, metrics: () => ({ accuracy: 0.5 }) }), 'diverging');
  t.is(kindOf({ loss: (share) => -0.5 + share, metrics: () => ({ accuracy: 0.5 }) }), 'diverging');
  t.is(kindOf({ loss: (share) => 1 + 3 * share, metrics: () => ({ accuracy: 0.5 }) }, { ...stage, chanceLoss: 8 }), 'learning');
  t.is(kindOf({ loss: () => 1.1, metrics: () => ({ accuracy: 0.5 }) }), 'learning');
});

test('where nobody knows what a guesser scores, the loss tells', (t) => {
  const judged: JudgedStage = { ...stage, metrics: { accuracy: { better: 'higher' } } };
  t.is(kindOf({ loss: (share) => 2 - share }, judged), 'learning');
  t.is(kindOf({ loss: () => 2 }, judged), 'at chance');
});

test('nothing is said of the first steps, and a share of unusable samples is said with everything', (t) => {
  t.is(judge([], stage), undefined);
  t.is(judge(follow({ metrics: () => ({ accuracy: 1 }) }, windowLength(STEPS)), stage)!.kind, 'early');
  t.regex(judge(follow({ metrics: (share) => ({ accuracy: 0.25 + share / 2 }), unusable: 3 }), stage)!.text, /30 % of the samples could not be used/);
});

test('a step that is rolled back and run again counts once', (t) => {
  const totals = { loss: 1, metrics: {}, unusable: [] };
  let progress = NO_PROGRESS;
  for (const step of [1, 2, 3, 4, 5, 3, 4]) progress = addStep(progress, { step, steps: 10, samples: 1, totals });
  t.deepEqual(progress.windows.map(({ step }) => step), []);
  t.deepEqual(progress.open.map(({ step }) => step), [3, 4]);
});

const lookOf = (trained: number, held: number, deviation = 0.5): Look => {
  const solved = (mean: number) => ({ metrics: { accuracy: { mean, standardError: 0.02 } }, numPuzzles: 100 });
  return { held: solved(held), trained: solved(trained), spread: { deviation, effectiveRank: 5 }, spreadUntrained: { deviation: 0.5, effectiveRank: 5 }, gradient: {} };
};

test('what is learnt on items that are trained on alone is overfitting; what holds for others is learning, with the figure', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.25 + 0.6 * share }) });
  t.is(judge(windows, stage, lookOf(0.9, 0.3))!.kind, 'overfitting');
  t.is(judge(windows, stage, lookOf(0.9, NaN))!.kind, 'learning');
  const { kind, text } = judge(windows, stage, lookOf(0.8, 0.75))!;
  t.is(kind, 'learning');
  t.regex(text, /; on held-out items 0\.75\.$/);
});

test('features that are all one where they were not before training have collapsed', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.25 + 0.6 * share }) });
  t.is(judge(windows, stage, lookOf(0.8, 0.8, 0.001))!.kind, 'collapsed');
});
