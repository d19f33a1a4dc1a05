import test from 'ava';
import { chooseStart } from '../../../coordinator/replicas/choose-start.js';

const facts = { committed: 10, checkpoint: 5, hasInit: false, held: [], numWorkers: 1, graceUntilMs: 1000 };

test('a new run starts from the seed, or from the checkpoint that it was given', (t) => {
  const fresh = { ...facts, committed: 0, checkpoint: undefined };
  t.deepEqual(chooseStart(fresh, 0), { action: 'start', step: 0, source: 'seed' });
  t.deepEqual(chooseStart({ ...fresh, checkpoint: 0, hasInit: true }, 0), { action: 'start', step: 0, source: 'checkpoint' });
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

test('a worker that has what the checkpoint has is preferred: nothing need be read', (t) => {
  t.deepEqual(chooseStart({ ...facts, held: [5] }, 1000), { action: 'start', step: 5, source: 'workers' });
});

test('a state from beyond the journal is not trusted', (t) => {
  t.deepEqual(chooseStart({ ...facts, held: [11] }, 1000), { action: 'start', step: 5, source: 'checkpoint' });
});

test('a run that did not start from the seed never does: with its first state lost it is given up', (t) => {
  const lost = { ...facts, committed: 0, checkpoint: undefined, hasInit: true };
  t.deepEqual(chooseStart(lost, 1000), { action: 'give up' });
  t.deepEqual(chooseStart({ ...lost, committed: 3 }, 999).action, 'wait');
  t.deepEqual(chooseStart({ ...lost, committed: 3, held: [2] }, 1000), { action: 'start', step: 2, source: 'workers' });
});
