// What the report and the status say of a run, from its journal and its events.

import test from 'ava';
import type { CommitEntry, JournalEntry } from '../../../coordinator/journal/entries.js';
import { createPeer } from '../../../coordinator/replicas/peer.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { digestOfStep } from '../../../coordinator/plan/plan-digest.js';
import type { Stage } from '../../../coordinator/run/prepare.js';
import { describeStage, joinReports } from '../../../coordinator/run/report.js';
import { advanceStage, createStageState } from '../../../coordinator/run/state.js';
import { countSteps, describeRun } from '../../../coordinator/run/status.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';

const { recipe: run } = parseRecipe('name: two\ndata: {root: x}\nbatch: {microbatches: 2, microbatchSize: 2}\nstages: [{steps: 7}, {steps: 3, seed: 5, task: {name: rotation}}]');
const items = [0, 1, 2].map((index) => ({ index, path: `${index}.png`, kind: 'image' as const, bytes: 1, split: 'train' as const }));
const bad = { path: 'torn.png', code: 'DECODE_FAILED', reason: 'torn' };

const stages = run.stages.map((recipe, index): Stage => ({
  number: index + 1, recipe, recipeHash: `r${index}`, items, rejected: [bad], manifestHash: 'm',
  plan: createEpochPlan(items, { seed: recipe.seed, microbatches: 2, microbatchSize: 2, clipsPerVideo: 1 }),
  paths: { manifest: '', checkpoints: '' },
}));

function commit({ number, plan }: Stage, step: number, unusable: CommitEntry['unusable'] = []): JournalEntry {
  return {
    type: 'commit', stage: number, step, first: plan.firstPosition(step), count: plan.samplesPerStep, samples: digestOfStep(plan, step, 2),
    weights: { samples: 4 }, loss: step, terms: {}, metrics: {}, gradient: '', unusable,
  };
}

const [first, second] = stages as [Stage, Stage];
const entries: JournalEntry[] = [
  { type: 'run', runId: 'id', stages: 2 },
  { type: 'worker', stage: 1, worker: 'a', backend: 'x' },
  ...[1, 2, 3, 4, 5, 6, 7].map((step) => commit(first, step)),
  { type: 'worker', stage: 2, worker: 'b', backend: 'y' },
  commit(second, 1, [{ position: 0, ...bad }, { position: 1, ...bad, reason: 'later' }]),
  { type: 'rollback', stage: 2, to: 0, reason: 'test' },
  commit(second, 1, [{ position: 0, ...bad }]), commit(second, 2, [{ position: 4, path: 'a.png', code: 'X', reason: 'y' }]), commit(second, 3, [{ position: 8, ...bad, reason: 'again' }]),
];

test('a stage is reported from its own part of the journal', (t) => {
  const report = describeStage({ stage: first, entries, state: createStageState(), outcome: {} });
  t.like(report, { stage: 1, seed: 1, steps: 7, task: 'auto', rollbacks: 0, recipeHash: 'r0', samples: { planned: 28, committed: 28, missing: 0, quarantined: 0 } });
  t.deepEqual(report.loss, { first: 3, last: 5 });
  t.deepEqual(report.workers, [{ id: 'a', backend: 'x', samples: 0 }]);
  t.false('digest' in report);
});

test('files that were quarantined are counted without what was rolled back, each with its first reason', (t) => {
  const { quarantinedFiles, rollbacks, samples } = describeStage({ stage: second, entries, state: createStageState(), outcome: {} });
  t.deepEqual(quarantinedFiles, [{ path: 'a.png', code: 'X', reason: 'y', samples: 1 }, { ...bad, samples: 2 }]);
  t.is(rollbacks, 1);
  t.is(samples.quarantined, 3);
});

test('the fields of a run are those of its last stage', (t) => {
  const state = advanceStage(createStageState(), { type: 'samplesSummed', worker: 'b', samples: 12 }, 0);
  const reports = [
    describeStage({ stage: first, entries, state: createStageState(), outcome: { digest: 'd1', checkpoint: 'c1' } }),
    describeStage({ stage: second, entries, state, outcome: { digest: 'd2', checkpoint: 'c2' } }),
  ];
  const lostLines = [{ path: 'metrics.ndjson', lines: 2, reason: 'full' }];
  const report = joinReports({ runId: 'id', name: 'two', stages: reports, lostLines });
  t.like(report, { runId: 'id', name: 'two', stage: 2, steps: 3, digest: 'd2', checkpoint: 'c2', lostLines });
  t.is(joinReports({ runId: 'id', name: undefined, stages: reports.map((each) => ({ ...each, name: 'own' })), lostLines }).name, undefined);
  t.deepEqual(report.workers, [{ id: 'b', backend: 'y', samples: 12 }]);
  t.deepEqual(report.stages, reports);
});

test('the status names the stage, and a run is finished only after the last', (t) => {
  const peer = createPeer({} as never, 'address', 0);
  const describe = (stage: Stage, committed: number) => describeRun({
    runId: 'id', name: 'two', stages, stage, state: advanceStage(createStageState(), { type: 'resumed', step: 0, from: 'seed', workers: 1 }, 0), lostLines: [],
    controller: { committed, peers: new Set([peer, { ...peer, id: 'w', phase: 'active', step: 3, backend: 'x', host: 'h', samplesDone: 8 }]) },
  });
  t.like(describe(first, 7), { run: 'id', name: 'two', state: 'running', stage: 1, stages: 2, step: 7, steps: 7, rejected: 1 });
  t.is(describe(second, 3).state, 'finished');
  t.deepEqual(describe(first, 1).workers, [{ id: 'w', state: 'active', step: 3, backend: 'x', host: 'h', samples: 8 }]);
  t.is(countSteps(run, { stage: 2, step: 2 }), 9);
});

test('a run that waits says why', (t) => {
  const status = describeRun({ runId: 'id', name: undefined, stages, stage: first, state: createStageState(), lostLines: [], controller: { committed: 0, peers: new Set() } });
  t.like(status, { state: 'waiting', waiting: 'no worker is connected' });
  t.false('name' in status);
});
