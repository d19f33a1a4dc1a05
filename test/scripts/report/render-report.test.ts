// The page of runs that were over, broken off and damaged, from folders of real files.

import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { renderReport } from '../../../scripts/report/render-report.js';
import { readRunData } from '../../../scripts/report/run-data.js';
import { HOSTILE, makeCommits, writeJournal, writeRun } from '../../helpers/written-run.js';

const EVIL = '"><script>alert(1)</script>';

/** Tags that are not closed in their order. */
function findUnbalanced(page: string): string | undefined {
  const open: string[] = [];
  for (const [tag, slash, name, own] of page.replace(/<style>.*?<\/style>/s, '').matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    if (own === '/' || ['meta', 'img', 'br'].includes(name!)) continue;
    if (slash !== '/') open.push(name!);
    else if (open.pop() !== name) return tag;
  }
  return open.at(-1);
}

test('a broken-off run of two stages has its curves, verdicts, workers and beginnings, and nothing of it becomes markup', async (t) => {
  const { folder, stages } = await writeRun(t, `name: '${EVIL}'\ntask: {name: rotation}\nstages:\n  - {steps: 30}\n  - {name: again, steps: 40, init: {from: stage, blocks: 1}}`);
  await writeJournal(folder, [
    { type: 'run', runId: 'r1', stages: 2 },
    ...stages.slice(0, 1).map(({ recipeHash, manifestHash }) => ({ type: 'stage' as const, stage: 1, recipe: recipeHash, manifest: manifestHash, steps: 30 })),
    { type: 'worker', stage: 1, worker: EVIL, backend: 'simd' },
    ...makeCommits(1, 30, [{ path: `dots/${HOSTILE}`, reason: `broken ${EVIL}` }]),
    { type: 'stage', stage: 2, recipe: 'x', manifest: 'y', steps: 40 },
    { type: 'worker', stage: 2, worker: 'w2', backend: 'simd' },
    ...makeCommits(2, 10),
    { type: 'rollback', stage: 2, to: 8, reason: EVIL },
  ]);
  const { text, parts } = await renderReport(await readRunData(folder), 'foot');
  t.deepEqual(parts, ['curves', 'verdicts', 'unusable', 'workers', 'provenance', 'environment']);
  t.is(findUnbalanced(text), undefined);
  t.notRegex(text, /<script|<img|onerror=alert\(1\)>/);
  t.true(text.includes('dots/&lt;img src=x onerror=alert(1)&gt;&amp;.png'));
  t.true(text.includes('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'));
  t.notRegex(text, /https?:|url\(|@import|<link|NaN|undefined|\[object/);
  t.regex(text, /broken off after 38 of 70 steps/);
  t.regex(text, /from the seed: random values drawn by seed 1; nothing was learnt before/);
  t.regex(text, /from the end of stage 1: the first 1 block of the trunk \(the others are random\)/);
  t.regex(text, /<h3>Stage 1: rotation<\/h3>/);
  t.regex(text, /Stage 1 of 2</);
  t.regex(text, /<h3>Stage 2, again: rotation<\/h3>/);
  t.regex(text, /rolled back to step 8/);
  t.regex(text, /Quarantined samples: 30 of 120, of 1 files/);
});

test('a run that has not begun has its recipe, and a damaged journal is said', async (t) => {
  const { folder } = await writeRun(t, 'steps: 5\ntask: {name: rotation}');
  t.deepEqual((await renderReport(await readRunData(folder), '')).parts, ['provenance']);
  await writeJournal(folder, [{ type: 'run', runId: 'r1', stages: 1 }, { type: 'stage', stage: 1, recipe: 'x', manifest: 'y', steps: 5 }, ...makeCommits(1, 4)]);
  const { journal, report } = pathsOf(folder);
  const lines = (await readFile(journal, 'utf8')).split('\n');
  await writeFile(journal, lines.map((line, i) => (i === 4 ? line.replace('"count":4', '"count":5') : line)).join('\n'));
  await writeFile(report, JSON.stringify({ runId: 'another' }));
  const { text } = await renderReport(await readRunData(folder), '');
  t.regex(text, /after 2 of 5 steps/);
  t.regex(text, /The journal is damaged, and what follows is not shown: journal\.ndjson:5 \(byte \d+\): its check does not hold/);
});

test('blocks that are drawn by moments of the trunk are said to be', async (t) => {
  const { folder } = await writeRun(t, 'task: {name: rotation}\nstages:\n  - {steps: 1}\n  - {steps: 1, init: {from: stage, blocks: 1, rest: moments}}');
  t.regex((await renderReport(await readRunData(folder), '')).text, /the first 1 block of the trunk \(the others are drawn by their means and variances there\)/);
});

test('arrays of another rate, and those that are frozen, are said to be', async (t) => {
  const groups = ['{match: trunk/stage1/, frozenUntil: 9}', '{match: trunk/stage2/, frozenUntil: 9, rateFactor: 0.1, norms: train}', '{match: head/, frozenUntil: 4, rateFactor: 0.0316227766}'];
  const { folder } = await writeRun(t, `steps: 9\ntask: {name: rotation}\noptimizer: {groups: [${groups.join(', ')}]}`);
  const { text } = await renderReport(await readRunData(folder), '');
  for (const [match, what] of [['trunk/stage1/', 'frozen'], ['trunk/stage2/', 'frozen but for normalisation, rate times 0.1'], ['head/', 'frozen until step 4, rate times 0.03162']] as const) {
    t.true(text.includes(`arrays ${match}…</th><td class="text">${what}</td>`), match);
  }
});

const score = (stage: string, linear: number): object => ({
  stage, linear, linearRandomInit: 0.5, knn: 0.6, knnRandomInit: 0.4, attentive: 0.7, attentiveRandomInit: 0.65,
  retrieval: [{ nearest: 5, recall: 0.9, recallRandomInit: 0.8, chance: 0.7 }],
});

test('an evaluated run has its probes, retrieval and what is taken for what, and metrics that were not measured are no numbers', async (t) => {
  const { folder } = await writeRun(t, 'steps: 2\ntask: {name: classify}', 'labelShare: 0.5');
  await writeJournal(folder, [{ type: 'run', runId: 'r1', stages: 1 }, { type: 'stage', stage: 1, recipe: 'x', manifest: 'y', steps: 2 }, { type: 'worker', stage: 1, worker: 'w', backend: 'b' }, ...makeCommits(1, 2)]);
  const samples = { planned: 8, committed: 8, duplicated: 0, missing: 0, quarantined: 0 };
  const stage = { stage: 1, samples, loss: { first: 1.4, last: 1.1 }, workers: [{ id: 'w', backend: 'b', samples: 8 }], digest: 'd1', phases: { computeMs: 8, exchangeMs: 1, updateMs: 1, dataWaitMs: 0, stepMs: 10, outsideShare: 0.1 }, samplesPerSecond: 400 };
  const classes = [EVIL, 'b'].map((name) => ({ name, precision: null, recall: 0.5, support: 4 }));
  const evaluation = {
    pretext: { numPuzzles: 0, metrics: { accuracy: { better: 'higher', chance: 0.25, ceiling: 1, mean: NaN, standardError: NaN } } },
    stages: [score('stage1', 0.55), score('stage2', 0.95)], numTrain: 100, numTest: 400, numClasses: 2,
    classification: { numItems: 8, accuracy: 0.5, standardError: 0.18, calibrationError: 0.2, meanConfidence: 0.7, bins: [{ count: 4, confidence: 0.5, accuracy: 0.75 }, { count: 40, confidence: 0.6, accuracy: 0.5 }, { count: 10, confidence: 0.8, accuracy: 0.625 }], classes, confusion: [0, 1].flatMap((label) => [0, 1].map((guess) => ({ label, guess, count: 2 }))) },
    multiLabel: { numItems: 8, meanAveragePrecision: 0.75, chance: 0.5, classes: [{ name: EVIL, support: 4, averagePrecision: 0.75, chance: 0.5, bestF1: 0.625, threshold: 0.375 }, { name: 'b', support: 0, averagePrecision: null, chance: null, bestF1: null, threshold: null }] },
    segmentation: {
      numPictures: 3, numPixels: 300, meanIou: 0.375, pixelAccuracy: 0.875, chance: { meanIou: 0.25, pixelAccuracy: 0.5 }, mostConfused: { label: EVIL, guess: 'b', count: 12 },
      classes: [{ name: EVIL, support: 100, told: 80, iou: 0.625 }, { name: 'b', support: 200, told: 220, iou: 0.125 }, { name: 'c', support: 0, told: 0, iou: null }],
    },
  };
  await writeFile(pathsOf(folder).report, JSON.stringify({ ...stage, runId: 'r1', lostLines: [{ path: EVIL, lines: 3, reason: 'full' }], stages: [stage], evaluation }));
  const { text, parts } = await renderReport(await readRunData(folder), '');
  t.deepEqual(parts, ['worth', 'classes', 'several', 'pixels', 'curves', 'workers', 'timing', 'provenance', 'environment']);
  t.is(findUnbalanced(text), undefined);
  t.notRegex(text, /<script|NaN|undefined|null/);
  t.regex(text, /The run is complete: 2 steps\. Held-out items: accuracy not measured/);
  t.regex(text, /The best stage, <b>stage2<\/b>, reads 95\.0\u00a0% by a linear probe, \+45\.0 points over/);
  t.regex(text, /probes trained on 100 with all of their labels, of which the run was shown a part, the trunk frozen/);
  t.regex(text, /attentive<\/th><th scope="col" class="number">untrained<\/th>/);
  t.regex(text, /<th scope="row" class="number">5<\/th><td class="number"><b>90\.0\u00a0%<\/b><\/td>/);
  t.regex(text, /50\.0\u00a0% of 8 held-out items are told right.* 70\.0\u00a0% sure on average: too sure;/);
  t.regex(text, /items of like confidence, 10 or more: 0\.5 at first, 0\.625 at last, between 0\.5 and 0\.625\./);
  t.regex(text, /Mean average precision 75\.0\u00a0% over 1 classes on 8 held-out items/);
  t.regex(text, /Mean intersection over union 37\.5\u00a0% over 2 classes in 3 held-out pictures/);
  t.regex(text, /<th scope="row" class="text">b<\/th><td class="number">200<\/td><td class="number">220<\/td><td class="number"><b>12\.5\u00a0%<\/b>/);
  t.regex(text, /3 lines of <code>&quot;&gt;&lt;script/);
});
