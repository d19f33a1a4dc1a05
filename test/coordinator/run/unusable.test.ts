// When a run ends because its data cannot be used, and what is said of them.

import test from 'ava';
import { createUseCheck, describeUnusable, listFiles, type UsePolicy } from '../../../coordinator/run/unusable.js';

const POLICY: UsePolicy = { steps: 100, samplesPerEpoch: 12, samplesPerStep: 4, maxUnusable: 1 };
const bad = (position: number, code = 'DECODE_FAILED') => ({ position, path: `${position % 12}.jpg`, code, reason: 'torn' });
/** So many of a step's four samples are bad. */
const step = (number: number, numBad: number) => ({ step: number, unusable: Array.from({ length: numBad }, (_, i) => bad((number - 1) * 4 + i)) });

/** Steps at which the check would end the run, of steps with so many bad samples each. */
function endsOf(counts: readonly number[], policy: Partial<UsePolicy> = {}, earlier = 0): number[] {
  const steps = counts.map((count, index) => step(index + 1, count));
  const check = createUseCheck({ ...POLICY, ...policy }, steps.slice(0, earlier));
  return steps.slice(earlier).filter((each) => check.add(each) !== undefined).map((each) => each.step);
}

test('an epoch in which nothing could be used ends the run at its end', (t) => {
  t.deepEqual(endsOf([4, 4, 4]), [3]);
  t.deepEqual(endsOf([4, 4, 3]), []);
  t.deepEqual(endsOf([4, 4, 3, 4, 4, 4]), [6]);
});

test('a run shorter than an epoch is looked at at its end, one of a long epoch before', (t) => {
  t.deepEqual(endsOf([4, 4], { steps: 2 }), [2]);
  t.deepEqual(endsOf(Array.from({ length: 1024 }, () => 4), { steps: 5000, samplesPerEpoch: 1e6 }), [1024]);
});

test('the last steps of a run are looked at though they are no whole epoch, with as many before them as make one', (t) => {
  t.deepEqual(endsOf([4, 0, 4, 4, 4], { steps: 5 }), [5]);
  t.deepEqual(endsOf([0, 0, 0, 0, 4], { steps: 5 }), []);
  t.deepEqual(endsOf([0, 0, 0, 2, 4], { steps: 5, maxUnusable: 0.4 }, 3), [5]);
});

test('more than the share that is allowed ends it, as much does not', (t) => {
  t.deepEqual(endsOf([2, 2, 2], { maxUnusable: 0.5 }), []);
  t.deepEqual(endsOf([2, 2, 3], { maxUnusable: 0.5 }), [3]);
  t.deepEqual(endsOf([0, 0, 0, 0, 1, 0], { maxUnusable: 0 }), [6]);
});

test('what was committed before a restart counts, what was rolled back counts once', (t) => {
  t.deepEqual(endsOf([4, 4, 4], {}, 2), [3]);
  t.deepEqual(endsOf([4, 4, 4, 1, 4, 4], {}, 4), []);
  const check = createUseCheck(POLICY, [step(1, 4), step(2, 4)]);
  check.add(step(2, 0));
  t.is(check.add(step(3, 4)), undefined);
});

test('the error has a sentence for each reason, with a file of each', (t) => {
  const check = createUseCheck({ ...POLICY, samplesPerEpoch: 4 }, []);
  const error = check.add({ step: 1, unusable: [bad(0), bad(1, 'NO_PUZZLE'), bad(2, 'NO_PUZZLE'), bad(3)].map((each) => ({ ...each, path: each.position === 3 ? '0.jpg' : each.path })) });
  t.is(error?.code, 'DATA_UNUSABLE');
  t.is(error?.message, 'None of the last 4 samples could be used.\n2 DECODE_FAILED: "0.jpg": torn\n2 NO_PUZZLE: "1.jpg": torn (and 1 more files)');
});

test('files are counted once with their first reason, reasons by how often they came', (t) => {
  const files = listFiles([{ path: 'b', code: 'X', reason: 'first' }, { path: 'b', code: 'X', reason: 'later' }, { path: 'a', code: 'Y', reason: 'y' }]);
  t.deepEqual(files, [{ path: 'a', code: 'Y', reason: 'y', samples: 1 }, { path: 'b', code: 'X', reason: 'first', samples: 2 }]);
  t.deepEqual(describeUnusable(files), ['2 X: "b": first', '1 Y: "a": y']);
  t.deepEqual(describeUnusable([]), []);
});
