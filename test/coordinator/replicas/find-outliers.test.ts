import test from 'ava';
import { findOutliers } from '../../../coordinator/replicas/find-outliers.js';

const reportsOf = (...digests: string[]) => digests.map((digest, i) => ({ worker: `w${i}`, digest, confirmed: 0, sinceMs: 0 }));

test('the replica that differs from most is found', (t) => {
  t.deepEqual(findOutliers(reportsOf('a', 'b', 'b')), ['w0']);
  t.deepEqual(findOutliers(reportsOf('b', 'a', 'b', 'c', 'b')), ['w1', 'w3']);
});

test('between equal camps the one that was here first is right', (t) => {
  const [newcomer, old] = reportsOf('a', 'b');
  t.deepEqual(findOutliers([{ ...newcomer!, sinceMs: 5 }, old!]), ['w0']);
  t.deepEqual(findOutliers(reportsOf('a', 'b', 'b', 'a')), ['w1', 'w2']);
});

test('between equal camps the one that was right more often before is right', (t) => {
  const [newcomer, known] = reportsOf('a', 'b');
  t.deepEqual(findOutliers([newcomer!, { ...known!, confirmed: 3 }]), ['w0']);
});

test('replicas that agree have no outlier, nor has nobody', (t) => {
  t.deepEqual(findOutliers(reportsOf('b', 'b')), []);
  t.deepEqual(findOutliers([]), []);
});
