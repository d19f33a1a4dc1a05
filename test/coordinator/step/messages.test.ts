import test from 'ava';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { digestOfStep } from '../../../coordinator/plan/plan-digest.js';
import { describeCommit, describeLease, type StepFacts } from '../../../coordinator/step/messages.js';
import { createStepRecord, type StepRecord } from '../../../coordinator/step/record.js';

const items = Array.from({ length: 9 }, (_, index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: 2, microbatchSize: 3, clipsPerVideo: 1 });
const [first, second] = plan.microbatch(4, 1).map(({ position }) => position) as [number, number];
const earlier = { position: first, path: 'a.png', code: 'DECODE', reason: 'found the first time' };
const facts: StepFacts = { plan, microbatches: 2, known: new Map([[4, [earlier]]]) };

function recordOf(step: number, unusable: readonly number[]): StepRecord {
  const record = createStepRecord({ step, microbatches: 2, reducer: 'treeSum', sum: new Float32Array(1), chunkLength: 1, onReduced() {} });
  const found = unusable.map((position) => ({ position, item: 0, path: 'b.png', code: 'DECODE', reason: 'found now' }));
  record.addComputed({ type: 'computed', step, microbatch: 1, weights: {}, terms: {}, metrics: {}, unusable: found, ms: 1 }, 'a');
  return record;
}

test('a lease names the samples of its microbatches, and those that an earlier run of the step could not use', (t) => {
  const lease = describeLease(facts, { worker: 'a', step: 4, microbatches: [0, 1] }, undefined);
  t.deepEqual(lease.microbatches.map(({ index, samples }) => [index, samples]), [[0, [...plan.microbatch(4, 0)]], [1, [...plan.microbatch(4, 1)]]]);
  t.deepEqual(lease.microbatches.map(({ excluded }) => excluded), [[], [first]]);
});

test('what the first result of a microbatch could not use is left out by everybody after it, in that step alone', (t) => {
  const holding = { worker: 'b', step: 4, microbatches: [1] };
  t.deepEqual(describeLease(facts, holding, recordOf(4, [second])).microbatches[0]!.excluded, [first, second]);
  t.deepEqual(describeLease(facts, holding, recordOf(3, [second])).microbatches[0]!.excluded, [first]);
});

test('a commit names its samples by plan, and why one is unusable as it was found the first time', (t) => {
  const reasons = [first, second].map((position) => ({ position, item: 0, path: 'b.png', code: 'DECODE', reason: 'left out' }));
  const entry = describeCommit(facts, 4, { weights: { samples: 4 }, loss: 2, terms: { loss: 2 }, metrics: {}, unusable: reasons, gradient: 'g' });
  t.like(entry, { type: 'commit', step: 4, first: plan.firstPosition(4), count: 6, samples: digestOfStep(plan, 4, 2), loss: 2, gradient: 'g' });
  t.deepEqual(entry.unusable, [earlier, { position: second, path: 'b.png', code: 'DECODE', reason: 'left out' }]);
});
