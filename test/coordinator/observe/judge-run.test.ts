// The verdict of a run in progress: said as an event at the end of every window, logged when it changes, and what a recipe does on it.

import test from 'ava';
import { createRunJudge } from '../../../coordinator/observe/judge-run.js';
import type { JournalEntry } from '../../../coordinator/journal/entries.js';
import type { LookLine } from '../../../coordinator/observe/looks.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import type { Look } from '../../../shared/learning.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { describeLearning } from '../../../worker/describe-learning.js';

type Judged = Extract<RunEvent, { type: 'judged' }>;

const NEW = { current: 1, journal: [], earlier: [] };

const committed = (step: number, steps: number, metrics: Record<string, number>): RunEvent =>
  ({ type: 'stepCommitted', stage: 1, step, steps, samples: 8, totals: { weights: { samples: 8 }, loss: 2, terms: {}, metrics, unusable: [], gradient: '' } });

/** Judges a run of 100 steps whose embedding shrinks; gives the verdicts and the code that it was ended with. */
function judgeShrinking(stop: string): { readonly verdicts: readonly Judged[]; readonly codes: readonly string[] } {
  const recipe = readRecipe({ data: { root: 'x' }, steps: 100, task: { name: 'vicreg' }, evaluate: { stop } });
  const verdicts: Judged[] = [];
  const codes: string[] = [];
  const listen = createRunJudge({
    ...NEW, stages: [{ recipe }], judged: [describeLearning(recipe, 10)],
    emit: (event) => verdicts.push(event as Judged),
    fail: ({ code }) => codes.push(code),
  });
  for (let step = 1; step <= 40; step++) {
    listen(committed(step, 100, { accuracy: 0.9, embeddingDeviation: 0.06 * Math.exp(-step / 4), effectiveRank: 6 }));
  }
  return { verdicts, codes };
}

test('the verdict is said at the end of every window, and marked where it is another than before', (t) => {
  const { verdicts, codes } = judgeShrinking('never');
  t.deepEqual(verdicts.map(({ verdict: { step, kind }, isNew }) => [step, kind, isNew]), [
    [4, 'early', true], [8, 'early', false], [12, 'collapsed', true], ...[16, 20, 24, 28, 32, 36, 40].map((step) => [step, 'collapsed', false]),
  ]);
  t.deepEqual(codes, []);
});

test('a run that has collapsed is ended where its recipe says so', (t) => {
  t.is(judgeShrinking('collapsed').codes[0], 'COLLAPSED');
});

test('guards that are off are named, of several tasks those of all', (t) => {
  const tasks = [{ name: 'rotation', options: { guards: { randomCrop: false } } }, { name: 'jigsaw', options: { guards: { gap: false } } }];
  const recipe = readRecipe({ data: { root: 'x' }, steps: 40, tasks });
  const texts: string[] = [];
  const listen = createRunJudge({
    ...NEW, stages: [{ recipe }], judged: [describeLearning(recipe, 10)], fail: () => t.fail(),
    emit: (event) => { if (event.type === 'judged') texts.push(event.verdict.text); },
  });
  const metrics = Object.fromEntries(Object.keys(describeLearning(recipe).metrics).map((name) => [name, 1]));
  for (let step = 1; step <= 40; step++) listen(committed(step, 40, metrics));
  t.regex(texts.at(-1)!, /rotation: .*Guards that are off: randomCrop\. .*jigsaw: .*Guards that are off: gap\./);
});

/** A run of rotation with looks every 20 of 100 steps, whose metric is learnt. */
function openRun(past: { readonly journal?: readonly JournalEntry[]; readonly earlier?: readonly LookLine[] } = {}) {
  const recipe = readRecipe({ data: { root: 'x' }, steps: 100, task: { name: 'rotation' }, evaluate: { everySteps: 20 } });
  const verdicts: Judged[] = [];
  const listen = createRunJudge({ ...NEW, ...past, stages: [{ recipe }], judged: [describeLearning(recipe, 10)], fail: () => {}, emit: (event) => verdicts.push(event as Judged) });
  const commit = (from: number, to: number): void => { for (let step = from; step <= to; step++) listen(committed(step, 100, { accuracy: 0.6 + 0.001 * step })); };
  const kinds = () => verdicts.map(({ verdict: { kind } }) => kind);
  return { verdicts, listen, commit, kinds };
}

const solved = { metrics: { accuracy: { mean: 0.6, standardError: 0.01 } }, numPuzzles: 100 };
const spreadUntrained = { deviation: 1, effectiveRank: 5 };
const COLLAPSED: Look = { numItems: 100, held: solved, trained: solved, spread: { deviation: 0.001, effectiveRank: 5 }, spreadUntrained, gradient: {} };

test('a look is judged when it comes, and not for ever where none follows', (t) => {
  const { listen, commit, kinds } = openRun();
  commit(1, 24);
  listen({ type: 'looked', stage: 1, step: 20, look: COLLAPSED });
  t.is(kinds().at(-1), 'collapsed');
  commit(25, 44);
  t.is(kinds().at(-1), 'collapsed');
  commit(45, 60);
  t.is(kinds().at(-1), 'learning');
});

test('a run that goes on is judged as if it had not stopped', (t) => {
  const whole = openRun();
  whole.commit(1, 42);
  const journal = Array.from({ length: 42 }, (_, i): JournalEntry => ({
    type: 'commit', stage: 1, step: i + 1, first: 8 * i, count: 8, samples: '', weights: { samples: 8 }, loss: 2, terms: {}, metrics: { accuracy: 0.6 + 0.001 * (i + 1) }, gradient: '', unusable: [],
  }));
  const again = openRun({ journal });
  t.deepEqual(again.verdicts.map(({ verdict }) => verdict), [whole.verdicts.at(-1)!.verdict]);
  for (const run of [whole, again]) run.commit(43, 60);
  t.deepEqual(again.verdicts.slice(1), whole.verdicts.slice(-again.verdicts.length + 1));
  const collapsed = openRun({ journal, earlier: [{ stage: 1, step: 40, look: COLLAPSED }] });
  t.deepEqual(collapsed.kinds(), ['collapsed']);
});
