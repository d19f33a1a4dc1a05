import test from 'ava';
import { formatEvaluation } from '../../../scripts/format/evaluation.js';

const result = {
  checkpoint: 'step-1.safetensors', data: 'data', numUnusable: 0, unusable: [],
  pretext: { metrics: { accuracy: { better: 'higher' as const, chance: 0.125, ceiling: 1, mean: 0.25, standardError: 0.043 } }, numPuzzles: 100 },
  stages: [{ stage: 'stage1', linear: 0.5, linearRandomInit: 0.25, knn: 0.75, knnRandomInit: 0.125 }],
  numTrain: 72, numTest: 25, numClasses: 4,
};

test('probes are printed with the standard error that so few items leave', (t) => {
  const lines = formatEvaluation(result);
  t.is(lines[0], 'pretext     100 puzzles of held-out items: accuracy 25.0 % (standard error 4.3 %, chance 12.5 %)');
  t.true(lines.some((line) => line.includes('standard error of each up to 10.0 %')));
  t.regex(lines.at(-1)!, /stage1 +linear +50\.0 % \(25\.0 %\) +kNN +75\.0 % \(12\.5 %\)/);
});

test('without puzzles and without labels it says so', (t) => {
  const lines = formatEvaluation({ ...result, stages: [], pretext: { ...result.pretext, numPuzzles: 0 } });
  t.is(lines.length, 2);
  t.regex(lines[0]!, /no puzzle could be made/);
  t.regex(lines[1]!, /need labels/);
});
