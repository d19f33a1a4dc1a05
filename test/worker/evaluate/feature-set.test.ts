// Features as rows.

import test from 'ava';
import { accuracyOf, splitByClass, stackFeatures, stackRows, type Labelled } from '../../../worker/evaluate/feature-set.js';

test('rows are stacked in order, each with its label', (t) => {
  const set = stackFeatures([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)], [7, 0]);
  t.deepEqual(set, { featuresND: Float32Array.of(1, 2, 3, 4, 5, 6), numDims: 3, labels: Int32Array.of(7, 0) });
});

test('no rows make an empty set', (t) => {
  t.deepEqual(stackFeatures([], []), { featuresND: new Float32Array(0), numDims: 0, labels: new Int32Array(0) });
});

test('rows without a label are left out, and of those to test on the ones of a class that is not trained on', (t) => {
  const [dog, cat]: readonly Labelled[] = [{ split: 'train', label: 'dog' }, { split: 'train', label: 'cat' }];
  const [otherCat, bird]: readonly Labelled[] = [{ split: 'test', label: 'cat' }, { split: 'test', label: 'bird' }];
  const split = splitByClass([otherCat!, dog!, { split: 'train' }, bird!, cat!, { split: 'test' }, dog!]);
  t.deepEqual(split, { classes: ['cat', 'dog'], train: [dog, cat, dog], test: [otherCat] } as typeof split);
});

test('a row is labelled by the place of its class', (t) => {
  const rows = [{ label: 'dog', row: Float32Array.of(1, 2) }, { label: 'cat', row: Float32Array.of(3, 4) }];
  t.deepEqual(stackRows(rows, ['cat', 'dog'], ({ row }) => row), stackFeatures(rows.map(({ row }) => row), [1, 0]));
});

test('accuracy is the share of right guesses', (t) => {
  t.is(accuracyOf([1, 0, 2, 2], Int32Array.of(1, 1, 2, 0)), 0.5);
  t.is(accuracyOf(Float32Array.of(3), Int32Array.of(3)), 1);
});
