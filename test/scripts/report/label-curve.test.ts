// The label curve of a run in its report: there where `pretext curve` has left one.

import { mkdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import { contenders } from '../../../scripts/curve/contenders.js';
import { curveFolderOf, curvePathsOf, type CurveFile } from '../../../scripts/curve/curve-file.js';
import { summarise, type Finding } from '../../../scripts/curve/summary.js';
import { describeCurve } from '../../../scripts/curve/words.js';
import { renderReport } from '../../../scripts/report/render-report.js';
import { readRunData } from '../../../scripts/report/run-data.js';
import { writeRun } from '../../helpers/written-run.js';

const RIGHT = { pretrained: 60, scratch: 40, probe: 50 };

const FINDINGS = contenders.flatMap((contender) => [0, 1, 2].map((seed): Finding => ({
  share: 0.1, seed, contender, numLabels: 30, steps: 100, answers: new Map(Array.from({ length: 100 }, (_, item) => [String(item), item < RIGHT[contender] + seed])),
})));

test('a run has its label curve where there is one: words, picture, numbers and what each began from', async (t) => {
  const { folder } = await writeRun(t, 'steps: 5\ntask: {name: rotation}');
  t.false((await renderReport(await readRunData(folder), '')).parts.includes('label-curve'));
  const rows = summarise(FINDINGS, 10);
  const stages = [{ steps: 100, init: 'random values of the <seed>' }];
  const curve: CurveFile = {
    data: '/data', init: 'x', steps: 100, numClasses: 10, numHeldOut: 100, chance: 0.1, rows, words: describeCurve(rows), stages: { pretrained: stages, scratch: stages, probe: stages }, runs: [],
  };
  await mkdir(curveFolderOf(folder));
  await writeFile(curvePathsOf(curveFolderOf(folder)).json, JSON.stringify(curve));
  const { text, parts } = await renderReport(await readRunData(folder), '');
  t.true(parts.includes('label-curve'));
  t.regex(text, /Pretraining paid at 3 labels a class \(20\.0 points\)/);
  t.regex(text, /src="data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+"/);
  t.regex(text, /61\.0 ± 1\.0/);
  t.regex(text, /100 steps from random values of the &lt;seed&gt;/);
  t.notRegex(text, /NaN|undefined|\[object/);
});
