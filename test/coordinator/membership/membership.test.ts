import test from 'ava';
import { chooseStart } from '../../../coordinator/membership/choose-start.js';
import { findOutliers } from '../../../coordinator/membership/find-outliers.js';

const facts = { committed: 10, checkpoint: 5, held: [], numWorkers: 1, graceUntilMs: 1000, hasInit: false };

test('a new run starts from the seed', (t) => {
  t.deepEqual(chooseStart({ ...facts, committed: 0, checkpoint: undefined }, 0), { action: 'start', step: 0, source: 'seed' });
});

test('without a worker the run waits', (t) => {
  t.is(chooseStart({ ...facts, numWorkers: 0 }, 5000).action, 'wait');
});

test('a worker that holds the last step goes on at once', (t) => {
  t.deepEqual(chooseStart({ ...facts, held: [9, 10] }, 0), { action: 'start', step: 10, source: 'workers' });
});

test('a step that nobody here has is waited for, then given up for the highest step that somebody has', (t) => {
  t.is(chooseStart({ ...facts, held: [9] }, 999).action, 'wait');
  t.deepEqual(chooseStart({ ...facts, held: [9] }, 1000), { action: 'start', step: 9, source: 'workers' });
  t.deepEqual(chooseStart({ ...facts, held: [3] }, 1000), { action: 'start', step: 5, source: 'checkpoint' });
  t.deepEqual(chooseStart({ ...facts, checkpoint: undefined }, 1000), { action: 'start', step: 0, source: 'seed' });
});

test('a state from beyond the journal is not trusted', (t) => {
  t.deepEqual(chooseStart({ ...facts, held: [11] }, 1000), { action: 'start', step: 5, source: 'checkpoint' });
});

test('the replica that differs from most is found; between two, the first report is right', (t) => {
  const reports = ['a', 'b', 'b'].map((digest, i) => ({ worker: `w${i}`, digest }));
  t.deepEqual(findOutliers(reports), ['w0']);
  t.deepEqual(findOutliers(reports.slice(0, 2)), ['w1']);
  t.deepEqual(findOutliers(reports.slice(1)), []);
});

test('a stage that the seed does not begin starts from its checkpoint of step 0, also after everything is rolled back', (t) => {
  const begun = { ...facts, checkpoint: 0, hasInit: true };
  t.deepEqual(chooseStart({ ...begun, committed: 0 }, 0), { action: 'start', step: 0, source: 'checkpoint' });
  t.deepEqual(chooseStart(begun, 1000), { action: 'start', step: 0, source: 'checkpoint' });
  t.deepEqual(chooseStart({ ...begun, held: [0] }, 1000), { action: 'start', step: 0, source: 'workers' });
});
