import test from 'ava';
import { describeAccuracy, formatEvaluation } from '../../../scripts/format/evaluation.js';

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

test('that probes learn from all labels is said where there are probes and the run was shown a part', (t) => {
  t.regex(describeAccuracy(result, 0.5)[1]!, /learn from all labels/);
  t.is(describeAccuracy(result, 1).length, 1);
  t.is(describeAccuracy({ ...result, stages: [] }, 0.5).length, 1);
});

test('without puzzles and without labels it says so', (t) => {
  const lines = formatEvaluation({ ...result, stages: [], pretext: { ...result.pretext, numPuzzles: 0 } });
  t.is(lines.length, 2);
  t.regex(lines[0]!, /no puzzle could be made/);
  t.regex(lines[1]!, /need labels/);
});

test('learnt classes, retrieval, attentive probes and what could not be used are said in a line or two each', (t) => {
  const classification = {
    numItems: 200, accuracy: 0.6, standardError: 0.0346, calibrationError: 0.08, meanConfidence: 0.7, bins: [], confusion: [],
    classes: [{ name: 'cat', precision: 0.5, recall: 0.6, support: 90 }, { name: 'dog', precision: null, recall: 0.6, support: 110 }],
    mostConfused: { label: 'dog', guess: 'cat', count: 30 },
  };
  const retrieval = [{ nearest: 1, recall: 0.5, recallRandomInit: 0.25, chance: 0.125 }, { nearest: 5, recall: 0.75, recallRandomInit: 0.5, chance: 0.375 }];
  const stages = [{ ...result.stages[0]!, attentive: 0.625, attentiveRandomInit: 0.375, retrieval }];
  const unusable = [{ path: 'a.png', code: 'DECODE_FAILED', reason: 'It is cut short.' }];
  const lines = formatEvaluation({ ...result, stages, classification, unusable });
  t.deepEqual(lines.slice(0, 2), ['1 file could not be used', '  a.png: DECODE_FAILED: It is cut short.']);
  t.deepEqual(lines.slice(3, 5), [
    'classes     accuracy 60.0 % on 200 test items (standard error 3.5 %); calibration error 8.0 %, on average too sure',
    '  most often mistaken: dog for cat, 30 of 110',
  ]);
  t.regex(lines.at(-3)!, /kNN +75\.0 % \(12\.5 %\) +attentive +62\.5 % \(37\.5 %\)$/);
  t.deepEqual(lines.slice(-2), [
    'retrieval   stage1: a clip to test on has one of its class among the 1, 5 nearest: 50.0 %, 75.0 %',
    '  (same trunk untrained: 25.0 %, 50.0 %; chance: 12.5 %, 37.5 %)',
  ]);
});

test('several classes an item and classes of pixels are said with what guessing gives', (t) => {
  const rankOf = (name: string, support: number, averagePrecision: number) => ({ name, support, averagePrecision, chance: 0.25, bestF1: 0.5, threshold: 0.75 });
  const multiLabel = {
    numItems: 60, meanAveragePrecision: 0.625, chance: 0.25,
    classes: [rankOf('cat', 20, 0.75), rankOf('dog', 10, 0.5), { name: 'eel', support: 0, averagePrecision: null, chance: null, bestF1: null, threshold: null }],
  };
  const segmentation = {
    numPictures: 9, numPixels: 1000, meanIou: 0.5, pixelAccuracy: 0.9, chance: { meanIou: 0.4, pixelAccuracy: 0.8 },
    classes: [{ name: 'ground', support: 800, told: 850, iou: 0.8 }, { name: 'cat', support: 200, told: 150, iou: 0.2 }, { name: 'dog', support: 0, told: 0, iou: null }],
    mostConfused: { label: 'cat', guess: 'ground', count: 50 },
  };
  t.deepEqual(formatEvaluation({ ...result, multiLabel }).slice(1, 3), [
    'classes     mean average precision 62.5 % over 2 classes on 60 test items (chance 25.0 %)',
    '  told worst: dog, average precision 50.0 % (chance 25.0 %), 10 of the items',
  ]);
  t.deepEqual(formatEvaluation({ ...result, segmentation }).slice(1, 3), [
    'pixels      mean intersection over union 50.0 % (chance 40.0 %) over 2 classes in 9 test pictures; pixels told right 90.0 % (chance 80.0 %)',
    '  most often mistaken: cat for ground, 25.0 % of its pixels',
  ]);
});
