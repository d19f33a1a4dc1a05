// The verdict of a run in progress: said as an event at the end of every window, logged when it changes, and what a recipe does on it.

import test from 'ava';
import { createRunJudge } from '../../../coordinator/observe/judge-run.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { metricsOf, readRecipe } from '../../../worker/bind-recipe.js';

type Judged = Extract<RunEvent, { type: 'judged' }>;

/** Judges a run of 100 steps whose embedding shrinks; gives the verdicts and the code that it was ended with. */
function judgeShrinking(stop: string): { readonly verdicts: readonly Judged[]; readonly codes: readonly string[] } {
  const recipe = readRecipe({ data: { root: 'x' }, steps: 100, task: { name: 'vicreg' }, evaluate: { stop } });
  const verdicts: Judged[] = [];
  const codes: string[] = [];
  const listen = createRunJudge({
    stages: [{ recipe, plan: { numInstances: 10 } }],
    metricsOf,
    emit: (event) => verdicts.push(event as Judged),
    fail: ({ code }) => codes.push(code),
  });
  for (let step = 1; step <= 40; step++) {
    const metrics = { accuracy: 0.9, embeddingDeviation: 0.06 * Math.exp(-step / 4), effectiveRank: 6 };
    listen({ type: 'stepCommitted', stage: 1, step, steps: 100, samples: 8, totals: { weights: { samples: 8 }, loss: 2, terms: {}, metrics, unusable: [], gradient: '' } });
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
  const recipe = readRecipe({ data: { root: 'x' }, steps: 20, tasks });
  const texts: string[] = [];
  const listen = createRunJudge({
    stages: [{ recipe, plan: { numInstances: 10 } }], metricsOf, fail: () => t.fail(),
    emit: (event) => { if (event.type === 'judged') texts.push(event.verdict.text); },
  });
  const metrics = Object.fromEntries(Object.keys(metricsOf(recipe).metrics).map((name) => [name, 1]));
  for (let step = 1; step <= 12; step++) {
    listen({ type: 'stepCommitted', stage: 1, step, steps: 20, samples: 8, totals: { weights: { samples: 8 }, loss: 2, terms: {}, metrics, unusable: [], gradient: '' } });
  }
  t.regex(texts.at(-1)!, /Guards that are off: randomCrop, gap\./);
});
