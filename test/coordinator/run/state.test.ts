import test from 'ava';
import type { StageEvent } from '../../../coordinator/run/events.js';
import { advanceStage, createStageState, describeWaiting, lossOf, meanPhases, speedOf } from '../../../coordinator/run/state.js';

const commit = (step: number, loss: number | null, weight = 8): StageEvent =>
  ({ type: 'stepCommitted', step, steps: 100, samples: 8, totals: { weights: { samples: weight }, loss, terms: {}, metrics: {}, unusable: [], gradient: '' } });
const applied = (worker: string, computeMs: number): StageEvent =>
  ({ type: 'stepApplied', worker, step: 1, phases: { dataWaitMs: 1, computeMs, exchangeMs: 2, updateMs: 3 } });

/** The state after events, each a second after the one before. */
const after = (...events: StageEvent[]) => events.reduce((state, event, i) => advanceStage(state, event, i * 1000), createStageState());

test('speed and loss are taken over the last steps', (t) => {
  t.is(speedOf(after()), undefined);
  t.is(lossOf(after()), undefined);
  t.is(speedOf(after(commit(1, 9))), undefined);
  const losses = [100, 100, 5, 4, 3, 2, 1];
  const state = after(...losses.map((loss, i) => commit(i + 1, loss)));
  t.is(speedOf(state), 8);
  t.is(lossOf(state), 3);
  t.is(lossOf(after(commit(1, 4, 1), commit(2, null, 0), commit(3, 1, 3))), 1.75);
  t.is(lossOf(after(commit(1, null, 0))), null);
});

test('milliseconds by phase are means over workers, without the first three steps of each', (t) => {
  const warm = [applied('a', 1000), applied('a', 1000), applied('a', 1000), applied('b', 1000)];
  t.is(meanPhases(after(...warm)), undefined);
  t.deepEqual(meanPhases(after(...warm, applied('a', 10), applied('a', 20))), {
    dataWaitMs: 1, computeMs: 15, exchangeMs: 2, updateMs: 3, stepMs: 21, outsideShare: 3 / 21,
  });
});

test('a run that waits says why, and how the last worker failed until another joins', (t) => {
  const failed: StageEvent = { type: 'workerFailed', worker: 'w', code: 'DEVICE_FULL', message: 'no room', hint: 'take less', step: 3 };
  const waiting: StageEvent = { type: 'waiting', reason: 'no worker is connected' };
  t.is(describeWaiting(after()), 'no worker is connected');
  t.is(describeWaiting(after({ type: 'resumed', step: 0, from: 'seed', workers: 1 })), undefined);
  t.is(describeWaiting(after(failed, waiting)), 'no worker is connected; w failed: no room (take less)');
  t.is(describeWaiting(after(failed, { type: 'workerJoined', worker: 'v', backend: 'x' }, waiting)), 'no worker is connected');
});

test('samples are counted by worker, those that could not be used too', (t) => {
  const state = after(
    { type: 'workerJoined', worker: 'idle', backend: 'x' }, { type: 'samplesSummed', worker: 'w', samples: 4 }, { type: 'samplesSummed', worker: 'w', samples: 4 },
    { type: 'sampleQuarantined', step: 1, position: 0, path: 'a', code: 'DECODE_FAILED', reason: 'torn' },
  );
  t.deepEqual([...state.samplesOf], [['idle', 0], ['w', 8]]);
  t.is(state.quarantined, 1);
});

test('a run that stands still says what it waits for until a step is committed', (t) => {
  const standing: StageEvent = { type: 'standing', reason: 'step 5 waits for microbatches 0 of a' };
  const running: StageEvent = { type: 'resumed', step: 4, from: 'workers', workers: 1 };
  t.is(describeWaiting(after(running, standing)), 'step 5 waits for microbatches 0 of a');
  t.is(describeWaiting(after(running, standing, commit(5, 1))), undefined);
});

test('what workers wait in a pause is no part of speed and phases', (t) => {
  const before = [commit(1, 1), commit(2, 1), applied('a', 10), applied('a', 10), applied('a', 10), applied('a', 10)];
  t.is(speedOf(after(...before, { type: 'paused', step: 2 })), undefined);
  const state = after(...before, { type: 'paused', step: 2 }, { type: 'continued', step: 2 }, applied('a', 9e6), commit(3, 1), commit(4, 1));
  t.is(speedOf(state), 8);
  t.is(meanPhases(state)?.computeMs, 10);
});
