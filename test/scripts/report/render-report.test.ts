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
  const { folder, stages } = await writeRun(t, `name: '${EVIL}'\ntask: {name: rotation}\nstages:\n  - {steps: 30}\n  - {steps: 40, init: {from: stage, blocks: 1}}`);
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
  t.regex(text, /<h3>Stage 2: rotation<\/h3>/);
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
