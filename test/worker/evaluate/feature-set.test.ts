// Features as rows.

import test from 'ava';
import { accuracyOf, stackFeatures } from '../../../worker/evaluate/feature-set.js';

test('rows are stacked in order, each with its label', (t) => {
  const set = stackFeatures([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)], [7, 0]);
  t.deepEqual(set, { featuresND: Float32Array.of(1, 2, 3, 4, 5, 6), numDims: 3, labels: Int32Array.of(7, 0) });
});

test('no rows make an empty set', (t) => {
  t.deepEqual(stackFeatures([], []), { featuresND: new Float32Array(0), numDims: 0, labels: new Int32Array(0) });
});

test('accuracy is the share of right guesses', (t) => {
  t.is(accuracyOf([1, 0, 2, 2], Int32Array.of(1, 1, 2, 0)), 0.5);
  t.is(accuracyOf(Float32Array.of(3), Int32Array.of(3)), 1);
});
