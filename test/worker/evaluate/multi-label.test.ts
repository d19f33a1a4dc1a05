// Average precision, thresholds and guessing of classes that items may have several of, by hand and by other sums.

import test from 'ava';
import { confidenceOf, describeMultiLabel, type ListedAnswer } from '../../../worker/evaluate/multi-label.js';
import { freshRandom } from '../../helpers/numerics.js';

const item = (labels: number[], ...logits: number[]): ListedAnswer => ({ labels, logits: Float32Array.from(logits) });

test('a worked case: places of equal logits count as one, an absent class counts nowhere', (t) => {
  const found = describeMultiLabel(['cat', 'dog', 'eel'], [
    item([0], 3, 1, 0), item([1], 2, 1, 0), item([0, 1], 1, 1, 9), item([], 0, 0, 0),
  ])!;
  const [cat, dog, eel] = found.classes;
  // Cats lie on places 1 and 3 of 4, dogs on two of the first three, which are one place.
  t.deepEqual([cat!.averagePrecision, dog!.averagePrecision], [(1 + 2 / 3) / 2, 2 / 3]);
  t.deepEqual([cat!.bestF1, cat!.threshold], [4 / 5, confidenceOf(1)]);
  t.deepEqual([dog!.bestF1, dog!.threshold], [4 / 5, confidenceOf(1)]);
  t.deepEqual(eel, { name: 'eel', support: 0, averagePrecision: null, chance: null, bestF1: null, threshold: null });
  // Of the six pairs of places: 1, 5/6, 3/4, 7/12, 1/2, 5/12.
  t.true(Math.abs(cat!.chance! - (1 + 5 / 6 + 3 / 4 + 7 / 12 + 1 / 2 + 5 / 12) / 6) < 1e-12);
  t.deepEqual([found.numItems, classesOf(found), found.meanAveragePrecision], [4, [2, 2, 0], (5 / 6 + 2 / 3) / 2]);
});

const classesOf = ({ classes }: { readonly classes: readonly { readonly support: number }[] }): number[] => classes.map(({ support }) => support);

test('without an item of any class there is nothing to say', (t) => {
  t.is(describeMultiLabel(['a', 'b'], []), undefined);
  t.is(describeMultiLabel(['a', 'b'], [item([], 1, 2)]), undefined);
});

test('average precision is the area under precision by recall, and the best threshold the best of all that can be tried', (t) => {
  const { random } = freshRandom();
  const names = ['a', 'b', 'c'];
  // Few logits, so that many are equal.
  const answers = Array.from({ length: 60 }, () => item(names.flatMap((_, k) => (random.chance(0.2 + 0.2 * k) ? [k] : [])), ...names.map(() => random.int(25) - 12)));
  const { classes, meanAveragePrecision } = describeMultiLabel(names, answers)!;
  const byHand = names.map((_, k) => {
    const support = answers.filter(({ labels }) => labels.includes(k)).length;
    let [area, recallBefore, best] = [0, 0, 0];
    for (let cut = 12; cut >= -12; cut--) {
      const taken = answers.filter(({ logits }) => logits[k]! >= cut);
      const hits = taken.filter(({ labels }) => labels.includes(k)).length;
      if (taken.length === 0) continue;
      const [precision, recall] = [hits / taken.length, hits / support];
      area += (recall - recallBefore) * precision;
      recallBefore = recall;
      if (hits > 0) best = Math.max(best, (2 * precision * recall) / (precision + recall));
    }
    return { area, best };
  });
  classes.forEach(({ averagePrecision, bestF1, threshold }, k) => {
    t.true(Math.abs(averagePrecision! - byHand[k]!.area) < 1e-12);
    t.true(Math.abs(bestF1! - byHand[k]!.best) < 1e-12);
    const said = answers.filter(({ logits }) => confidenceOf(logits[k]!) >= threshold!);
    const hits = said.filter(({ labels }) => labels.includes(k)).length;
    t.true(Math.abs((2 * hits) / (said.length + classes[k]!.support) - bestF1!) < 1e-12);
  });
  t.true(Math.abs(meanAveragePrecision - byHand.reduce((sum, { area }) => sum + area / 3, 0)) < 1e-12);
});

test('guessing is the mean over random orders', (t) => {
  const { random } = freshRandom();
  const numTries = 4000;
  const scores = Array.from({ length: numTries }, () =>
    describeMultiLabel(['a'], Array.from({ length: 12 }, (_, i) => item(i < 3 ? [0] : [], random.float())))!.classes[0]!);
  const mean = scores.reduce((sum, { averagePrecision }) => sum + averagePrecision! / numTries, 0);
  const deviation = Math.sqrt(scores.reduce((sum, { averagePrecision }) => sum + (averagePrecision! - mean) ** 2 / numTries, 0));
  t.true(Math.abs(mean - scores[0]!.chance!) < 5 * deviation / Math.sqrt(numTries), `${mean} ${scores[0]!.chance}`);
  t.is(describeMultiLabel(['a'], [item([0], 2)])!.chance, 1);
});

test('logits that are no numbers end nothing', (t) => {
  t.is(describeMultiLabel(['a'], [item([0], NaN), item([], NaN)])!.classes[0]!.support, 1);
});
