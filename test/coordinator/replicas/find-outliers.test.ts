import test from 'ava';
import { findOutliers } from '../../../coordinator/replicas/find-outliers.js';

const reportsOf = (...digests: string[]) => digests.map((digest, i) => ({ worker: `w${i}`, digest }));

test('the replica that differs from most is found', (t) => {
  t.deepEqual(findOutliers(reportsOf('a', 'b', 'b')), ['w0']);
  t.deepEqual(findOutliers(reportsOf('b', 'a', 'b', 'c', 'b')), ['w1', 'w3']);
});

test('between equal camps the one that reported first is right', (t) => {
  t.deepEqual(findOutliers(reportsOf('a', 'b')), ['w1']);
  t.deepEqual(findOutliers(reportsOf('a', 'b', 'b', 'a')), ['w1', 'w2']);
});

test('replicas that agree have no outlier, nor has nobody', (t) => {
  t.deepEqual(findOutliers(reportsOf('b', 'b')), []);
  t.deepEqual(findOutliers([]), []);
});
