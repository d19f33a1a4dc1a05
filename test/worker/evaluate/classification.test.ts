// Confusion, calibration and figures of each class, by hand and by other sums.

import test from 'ava';
import { describeClassification, type Answer } from '../../../worker/evaluate/classification.js';
import { freshRandom } from '../../helpers/numerics.js';

const answer = (label: number, ...probabilities: number[]): Answer => ({ label, probabilities: Float64Array.from(probabilities) });

test('a worked case: who is taken for whom, precision, recall, and how far confidence is off', (t) => {
  const found = describeClassification(['cat', 'dog', 'eel'], [
    answer(0, 0.75, 0.25, 0), answer(0, 0.25, 0.75, 0), answer(0, 0.25, 0.75, 0), answer(1, 0, 1, 0), answer(1, 0.5, 0.5, 0),
  ])!;
  t.deepEqual(found.confusion.map(({ label, guess, count }) => [label, guess, count]), [[0, 0, 1], [0, 1, 2], [1, 0, 1], [1, 1, 1]]);
  t.deepEqual(found.classes, [
    { name: 'cat', precision: 1 / 2, recall: 1 / 3, support: 3 }, { name: 'dog', precision: 1 / 3, recall: 1 / 2, support: 2 }, { name: 'eel', precision: null, recall: null, support: 0 },
  ]);
  t.deepEqual(found.mostConfused, { label: 'cat', guess: 'dog', count: 2 });
  t.is(found.accuracy, 2 / 5);
  t.true(Math.abs(found.standardError - Math.sqrt(0.24 / 5)) < 1e-15);
  // One at 0.5 that is wrong, three at 0.75 of which one is right, one at 1 that is right.
  t.true(Math.abs(found.calibrationError - (1 * 0.5 + 3 * (0.75 - 1 / 3) + 0) / 5) < 1e-15);
  t.true(Math.abs(found.meanConfidence - 3.75 / 5) < 1e-15);
  t.deepEqual(found.bins.map(({ count }) => count), [1, 3, 1]);
});

test('with nothing mistaken nothing is named, and without answers there is nothing to say', (t) => {
  t.false('mostConfused' in describeClassification(['a', 'b'], [answer(1, 0.1, 0.9)])!);
  t.is(describeClassification(['a', 'b'], []), undefined);
});

test('of many classes only what occurs is counted', (t) => {
  const names = Array.from({ length: 20_000 }, (_, i) => `class ${i}`);
  const { confusion, classes, mostConfused } = describeClassification(names, [2, 19_999].map((label) => ({ label, probabilities: Float64Array.from(names, (_name, i) => (i === 2 ? 1 : 0)) })))!;
  t.deepEqual(confusion, [{ label: 2, guess: 2, count: 1 }, { label: 19_999, guess: 2, count: 1 }]);
  t.deepEqual(classes[2], { name: 'class 2', precision: 1 / 2, recall: 1, support: 1 });
  t.deepEqual(mostConfused, { label: 'class 19999', guess: 'class 2', count: 1 });
});

test('the calibration error is that of fifteen bins of equal width, each with its upper end', (t) => {
  const { random } = freshRandom();
  const answers = Array.from({ length: 400 }, (_, i) => {
    // Some lie on the very ends of bins.
    const p = i % 4 === 0 ? (8 + random.int(8)) / 15 : random.uniform(0.5, 1);
    return answer(random.int(2), p, 1 - p);
  });
  // The gap of each bin is the sum of confidence less rightness, whatever its count.
  let error = 0;
  for (let bin = 1; bin <= 15; bin++) {
    let gap = 0;
    for (const { label, probabilities: [p = 0, q = 0] } of answers) {
      const confidence = Math.max(p, q);
      if (confidence <= bin / 15 && confidence > (bin - 1) / 15) gap += confidence - Number((p >= q ? 0 : 1) === label);
    }
    error += Math.abs(gap) / answers.length;
  }
  t.true(Math.abs(describeClassification(['a', 'b'], answers)!.calibrationError - error) < 1e-12);
});

test('an item whose confidence is rounded to more than 1 is among the surest', (t) => {
  const { bins, calibrationError } = describeClassification(['a', 'b'], [answer(1, 1 + 2 ** -52, 0), answer(0, 1, 0)])!;
  t.deepEqual(bins.map(({ count }) => count), [2]);
  t.true(Math.abs(calibrationError - 0.5) < 1e-15);
});
