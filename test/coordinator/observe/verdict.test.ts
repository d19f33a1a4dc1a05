// Verdicts from made-up courses of a run: what each looks like, and that the sentence says what helps.

import test from 'ava';
import { addStep, NO_PROGRESS, windowLength, type Window } from '../../../coordinator/observe/progress.js';
import { judge, type VerdictKind } from '../../../coordinator/observe/verdict.js';
import type { Learnt, LearntTask, Look } from '../../../shared/learning.js';
import { createRandom } from '../../../shared/random/random.js';

const STEPS = 200;
const accuracy = { better: 'higher', chance: 0.25, ceiling: 1 } as const;
const embeddingDeviation = { better: 'higher', collapsed: 0.01 } as const;

const stageOf = ({ metrics = { accuracy }, ...task }: Partial<LearntTask>, others: Learnt['metrics'] = {}): Learnt => ({
  steps: STEPS, metrics: { ...metrics, ...others },
  tasks: [{ task: 'rotation', metrics, terms: ['crossEntropy'], guardsOff: [], guardedFrom: 0, isSupervised: false, ...task }],
});
const stage = stageOf({});
const embedding = stageOf({ metrics: { accuracy, embeddingDeviation } });

interface Course {
  readonly loss?: (share: number) => number;
  readonly otherTerms?: (share: number) => Record<string, number>;
  readonly metrics?: (share: number) => Record<string, number>;
  readonly unusable?: number;
}

/** The windows of a run whose numbers follow curves of the share of its steps, with noise. */
function follow({ loss = () => 1, otherTerms = () => ({}), metrics = () => ({}), unusable = 0 }: Course, until = STEPS): readonly Window[] {
  // Of four standard errors some seed in thousands makes five.
  const random = createRandom({ seed: 5, epoch: 0, sample: 0, purpose: 'test' });
  const noisy = (value: number): number => value + random.uniform(-0.02, 0.02) * Math.abs(value);
  let progress = NO_PROGRESS;
  for (let step = 1; step <= until; step++) {
    const named = Object.fromEntries(Object.entries(metrics(step / STEPS)).map(([name, value]) => [name, noisy(value)]));
    const terms = { crossEntropy: noisy(loss(step / STEPS)), ...otherTerms(step / STEPS) };
    const bad = Array.from({ length: unusable }, (_, position) => ({ position, item: 0, path: '', code: 'X', reason: '' }));
    progress = addStep(progress, { step, steps: STEPS, samples: 10, totals: { loss: 1, terms, metrics: named, unusable: bad } });
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

test('a few windows far above chance are not said to be at chance, however much they spread', (t) => {
  const windowAt = (step: number, mean: number): Window => ({ step, unusable: 0, terms: { crossEntropy: { mean: 1, standardError: 0.01 } }, metrics: { accuracy: { mean, standardError: 0.1 } } });
  const kindAfter = (...means: readonly number[]): VerdictKind => judge(means.map((mean, i) => windowAt(50 + i, mean)), stage)!.kind;
  t.is(kindAfter(0.4, 0.5), 'early');
  t.is(kindAfter(0.3, 0.3), 'at chance');
  t.is(kindAfter(0.4, 0.4, 0.4, 0.4), 'at chance');
  t.is(kindAfter(0.5, 0.5, 0.5, 0.5), 'learning');
  const textAfter = (mean: number): string => judge([50, 51, 52, 53].map((step) => windowAt(step, mean)), stage)!.text;
  t.regex(textAfter(0.4), /^accuracy 0\.4, a guesser's is 0\.25, which may be luck \(standard error 0\.05\)\. What/);
  t.regex(textAfter(0.2), /^accuracy 0\.2, a guesser's is 0\.25\. What/);
  t.regex(judge([windowAt(50, 0.4), windowAt(51, 0.5)], stage)!.text, /too early to tell\.$/);
  t.regex(judge([windowAt(192, 0.4), windowAt(STEPS, 0.5)], stage)!.text, /too few steps to tell\. What usually helps: more steps\.$/);
  t.regex(judge([windowAt(5, 0.4)], { ...stage, steps: 7 })!.text, /^Too few steps to tell\./);
});

test('where lower is better, below chance is learnt and above it is not', (t) => {
  const judged = stageOf({ metrics: { error: { better: 'lower', chance: 2 } } });
  t.is(kindOf({ metrics: (share) => ({ error: 2 - share }) }, judged), 'learning');
  t.is(kindOf({ metrics: () => ({ error: 2.5 }) }, judged), 'at chance');
});

test('a task that is solved early is too easy, and guards that are off are blamed', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: share < 0.1 ? 0.3 : 1 }) });
  t.regex(judge(windows, stageOf({ guardsOff: ['randomCrop'] }))!.text, /Guards that are off: randomCrop/);
  const { kind, text } = judge(windows, stage)!;
  t.is(kind, 'too easy');
  t.regex(text, /All guards are on/);
});

test('what is learnt from labels is never too easy, nor a task whose guards have yet to tighten', (t) => {
  const solved: Course = { metrics: () => ({ accuracy: 1 }) };
  t.is(kindOf(solved, stageOf({ isSupervised: true })), 'learning');
  t.is(kindOf(solved, stageOf({ guardedFrom: 1 })), 'learning');
  t.is(kindOf(solved, stageOf({ guardedFrom: 0.5 })), 'too easy');
});

test('of several tasks the worst is said, each by its own metrics and losses', (t) => {
  const [rotation] = stageOf({ metrics: { 'rotation/accuracy': accuracy }, terms: ['crossEntropy'] }).tasks;
  const metrics = { 'simclr/accuracy': accuracy, 'simclr/embeddingDeviation': embeddingDeviation };
  const simclr: LearntTask = { ...rotation!, task: 'simclr', metrics, terms: ['ntXent'], guardsOff: ['blur'] };
  const both: Learnt = { steps: STEPS, metrics: { ...rotation!.metrics, ...metrics }, tasks: [rotation!, simclr] };
  const course = (one: number, other: number, ntXent: (share: number) => number = () => 1): Course => ({
    loss: (share) => 2 - share, otherTerms: (share) => ({ ntXent: ntXent(share) }),
    metrics: () => ({ 'rotation/accuracy': one, 'simclr/accuracy': other, 'simclr/embeddingDeviation': 0.05 }),
  });
  const say = (given: Course) => judge(follow(given), both)!;
  t.is(say(course(0.5, 0.5)).kind, 'learning');
  t.like(say(course(0.5, 0.25)), { kind: 'at chance' }, 'another task\'s loss that falls is no collapse');
  t.regex(say(course(0.5, 0.25)).text, /^simclr: simclr\/accuracy 0\.2/);
  t.is(say(course(0.5, 0.25, (share) => 2 - share)).kind, 'collapsed');
  t.regex(say(course(0.25, 1)).text, /^rotation: .*pretext tasks rotation/);
  t.regex(say(course(1, 1)).text, /rotation: .*All guards are on.* simclr: .*Guards that are off: blur/);
});

test('a task at chance has not collapsed because its consistency is learnt, nor diverges because that is harder', (t) => {
  const consistent = stageOf({}, { 'consistency/stage4/embeddingDeviation': embeddingDeviation });
  const metrics = () => ({ accuracy: 0.25, 'consistency/stage4/embeddingDeviation': 0.05 });
  t.is(kindOf({ otherTerms: (share) => ({ 'consistency/stage4': 3 - share }), metrics }, consistent), 'at chance');
  t.is(kindOf({ otherTerms: (share) => ({ 'consistency/stage4': 3 * share }), metrics }, consistent), 'at chance');
  t.is(kindOf({ metrics: () => ({ accuracy: 0.5, 'consistency/stage4/embeddingDeviation': 0.001 }) }, consistent), 'collapsed');
});

test('an embedding that can have no more directions than a collapsed one is not called so', (t) => {
  const judged = stageOf({}, { effectiveRank: { better: 'higher', ceiling: 1, collapsed: 1.5 } });
  t.is(kindOf({ metrics: () => ({ accuracy: 0.5, effectiveRank: 1 }) }, judged), 'learning');
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
  t.is(kindOf({ loss: (share) => 1 + 3 * share, metrics: () => ({ accuracy: 0.5 }) }, stageOf({ chanceLoss: 8 })), 'learning');
  t.is(kindOf({ loss: () => 1.1, metrics: () => ({ accuracy: 0.5 }) }), 'learning');
});

test('where nobody knows what a guesser scores, the loss tells', (t) => {
  const judged = stageOf({ metrics: { accuracy: { better: 'higher' } } });
  t.is(kindOf({ loss: (share) => 2 - share }, judged), 'learning');
  t.is(kindOf({ loss: () => 2 }, judged), 'at chance');
});

test('nothing is said of the first steps, and a share of unusable samples is said with everything', (t) => {
  t.is(judge([], stage), undefined);
  t.is(judge(follow({ metrics: () => ({ accuracy: 1 }) }, windowLength(STEPS)), stage)!.kind, 'early');
  t.regex(judge(follow({ metrics: (share) => ({ accuracy: 0.25 + share / 2 }), unusable: 3 }), stage)!.text, /30 % of the samples could not be used/);
});

test('a step that is rolled back and run again counts once', (t) => {
  const totals = { loss: 1, terms: {}, metrics: {}, unusable: [] };
  let progress = NO_PROGRESS;
  for (const step of [1, 2, 3, 4, 5, 3, 4]) progress = addStep(progress, { step, steps: 10, samples: 1, totals });
  t.deepEqual(progress.windows.map(({ step }) => step), []);
  t.deepEqual(progress.open.map(({ step }) => step), [3, 4]);
});

const lookOf = (trained: number, held: number, deviation = 0.5): Look => {
  const solved = (mean: number) => ({ metrics: { accuracy: { mean, standardError: 0.02 } }, numPuzzles: 100 });
  return { numItems: 40, held: solved(held), trained: solved(trained), spread: { deviation, effectiveRank: 5 }, spreadUntrained: { deviation: 0.5, effectiveRank: 5 }, gradient: {} };
};

test('what is learnt on items that are trained on alone is overfitting; what holds for others is learning, with the figure', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.25 + 0.6 * share }) });
  t.is(judge(windows, stage, lookOf(0.9, 0.3))!.kind, 'overfitting');
  t.is(judge(windows, stage, lookOf(0.9, NaN))!.kind, 'learning');
  const { kind, text } = judge(windows, stage, lookOf(0.8, 0.75))!;
  t.is(kind, 'learning');
  t.regex(text, /; at the last look 0\.75 on held-out items, 0\.8 on items that are trained on\.$/);
});

test('features that are all one where they were not before training have collapsed', (t) => {
  const windows = follow({ metrics: (share) => ({ accuracy: 0.25 + 0.6 * share }) });
  const collapsed = lookOf(0.8, 0.8, 0.001);
  t.is(judge(windows, stage, collapsed)!.kind, 'collapsed');
  t.is(judge(windows, stage, { ...collapsed, numItems: 3 })!.kind, 'learning');
  for (const deviation of [0, NaN]) {
    t.is(judge(windows, stage, { ...collapsed, spread: { deviation, effectiveRank: 1 }, spreadUntrained: { deviation, effectiveRank: 1 } })!.kind, 'learning');
  }
});
