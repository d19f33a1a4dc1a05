import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { committedStep, entriesOfStage, lastStage, type CommitEntry, type JournalEntry, type StageEntry } from '../../../coordinator/journal/entries.js';
import { openJournal, readJournal } from '../../../coordinator/journal/journal.js';
import { journalOfStage } from '../../../coordinator/journal/stage-journal.js';
import { verifyJournal, verifyRun } from '../../../coordinator/journal/verify.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { digestOfStep } from '../../../coordinator/plan/plan-digest.js';

const MICROBATCHES = 2;
const STEPS = 5;
const items = Array.from({ length: 7 }, (_, index) => ({ index, path: `${index}.mp4`, kind: 'video' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: MICROBATCHES, microbatchSize: 2, clipsPerVideo: 1 });

function commitOf(step: number): CommitEntry {
  return {
    type: 'commit', step, first: plan.firstPosition(step), count: plan.samplesPerStep,
    samples: digestOfStep(plan, step, MICROBATCHES), weights: { samples: 4, main: 4 }, loss: 1, terms: {}, metrics: {}, gradient: 'x', unusable: [],
  };
}

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

const commit = (step: number, stage = 1): JournalEntry => ({ ...commitOf(step), stage });
const verify = (entries: StageEntry[]) => verifyJournal(entries, plan, STEPS, MICROBATCHES);
const all = [1, 2, 3, 4, 5].map(commitOf);

test('a journal with every step once is a proof', (t) => {
  t.deepEqual(verify(all), {
    isProved: true,
    samples: { planned: 20, committed: 20, duplicated: 0, missing: 0, quarantined: 0 },
    problems: [],
  });
});

test('the stage that has begun last is found in a journal of any length', (t) => {
  t.is(lastStage([]), 1);
  const stageOf = (stage: number): JournalEntry => ({ type: 'stage', stage, recipe: '', manifest: '', steps: 100_000 });
  const first = [stageOf(1), ...Array.from({ length: 100_000 }, () => commit(1))];
  t.is(lastStage(first), 1);
  t.is(lastStage([...first, stageOf(2), ...Array.from({ length: 100_000 }, () => commit(1, 2))]), 2);
});

test('a missing step, a doubled step and foreign samples are each named', (t) => {
  t.is(verify(all.slice(0, 4)).samples.missing, 4);
  t.is(verify([...all, commitOf(3)]).samples.duplicated, 4);
  const foreign = verify([...all.slice(0, 4), { ...commitOf(5), samples: '0'.repeat(64) }]);
  t.regex(foreign.problems.join(), /Step 5 committed other samples/);
  for (const entries of [all.slice(1), [...all, commitOf(1)]]) t.false(verify(entries).isProved);
});

test('a step that gave something else when it was run again is named, unless workers of different kinds took part', (t) => {
  const back: StageEntry = { type: 'rollback', to: 4, reason: 'test' };
  const again = (change: Partial<CommitEntry>): StageEntry[] => [...all, back, { ...commitOf(5), ...change }];
  t.true(verify(again({})).isProved);
  t.deepEqual(verify(again({ gradient: 'y' })).problems, ['Step 5 was run again and gave another gradient (hash y, before x).']);
  t.regex(verify(again({ loss: 2 })).problems.join(), /another loss \(2, before 1;/);
  const workers = ['simd', 'webgpu'].map((backend): StageEntry => ({ type: 'worker', worker: backend, backend }));
  t.true(verify([...workers, ...again({ gradient: 'y' })]).isProved);
  t.false(verify([...workers.slice(1), ...again({ gradient: 'y' })]).isProved);
});

test('steps that were rolled back do not count until they are run again', (t) => {
  const back: StageEntry = { type: 'rollback', to: 3, reason: 'test' };
  t.is(committedStep([...all, back]), 3);
  t.false(verify([...all, back]).isProved);
  t.true(verify([...all, back, commitOf(4), commitOf(5)]).isProved);
});

test('a full disk is said in one sentence, and what is written before and after it stays readable', async (t) => {
  const folder = await temporaryFolder(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    t.log('SKIPPED: mounting a small file system is not allowed here');
    return t.pass();
  }
  t.teardown(() => execFileSync('umount', ['-l', folder]));
  const path = join(folder, 'journal.ndjson');
  const journal = await openJournal(path);
  await journal.append(commit(1));
  await writeFile(join(folder, 'ballast'), Buffer.alloc(56 * 1024)).catch(() => {});
  const long: JournalEntry = { type: 'rollback', stage: 1, to: 1, reason: 'x'.repeat(20_000) };
  const error = await t.throwsAsync(journal.append(long));
  t.like(error, { code: 'DISK_FULL' });
  await rm(join(folder, 'ballast'));
  await journal.append(commit(2));
  await journal.close();
  t.is(committedStep(entriesOfStage((await readJournal(path)).entries, 1)), 2);
});

test('a stage of the journal is what was written in its course, and is written with its number', async (t) => {
  const path = join(await temporaryFolder(t), 'journal.ndjson');
  const journal = await openJournal(path);
  const [first, second] = [journalOfStage(journal, 1), journalOfStage(journal, 2)];
  await first.append(commitOf(1));
  await second.append(commitOf(1));
  await second.append(commitOf(2));
  t.deepEqual([first, second].map(({ entries }) => committedStep(entries)), [1, 2]);
  await journal.close();
  t.deepEqual((await readJournal(path)).entries, [commit(1, 1), commit(1, 2), commit(2, 2)]);
});

const planned = { recipeHash: 'r', manifestHash: 'm', plan, steps: STEPS, microbatches: MICROBATCHES };
const run = (stages: number): JournalEntry => ({ type: 'run', runId: 'x', stages });
const begun = (stage: number, recipe = 'r', manifest = 'm'): JournalEntry => ({ type: 'stage', stage, recipe, manifest, steps: STEPS });
const stageOf = (stage: number): JournalEntry[] => [begun(stage), ...[1, 2, 3, 4, 5].map((step) => commit(step, stage))];

test('a run is proved when each of its stages is', (t) => {
  t.like(verifyRun([run(1), ...stageOf(1)], [planned]), { isProved: true, samples: { planned: 20, committed: 20 } });
  t.like(verifyRun([run(2), ...stageOf(1), ...stageOf(2)], [planned, planned]), { isProved: true, samples: { planned: 40, committed: 40 } });
});

test('what is missing of a run of stages is named with the stage', (t) => {
  const half = verifyRun([run(2), ...stageOf(1), begun(2), commit(1, 2)], [planned, planned]);
  t.deepEqual(half.problems, ['Stage 2: Steps 2 to 5 are not committed.']);
  t.like(half.samples, { planned: 40, committed: 24, missing: 16 });
  t.deepEqual(verifyRun([run(2), ...stageOf(1)], [planned, planned]).problems, ['Stage 2: It has not begun.', 'Stage 2: Steps 1 to 5 are not committed.']);
});

test('a recipe, manifest or number of stages that is not that of the run is named', (t) => {
  t.deepEqual(verifyRun([run(1), begun(1, 'other'), ...stageOf(1).slice(1)], [planned]).problems, ['The recipe in the folder is not the one that the run began with.']);
  t.deepEqual(verifyRun([run(1), begun(1, 'r', 'other'), ...stageOf(1).slice(1)], [planned]).problems, ['The manifest in the folder is not the one that the run began with.']);
  t.deepEqual(verifyRun([run(2), ...stageOf(1)], [planned]).problems, ['The recipe has 1 stages, the run began with 2.']);
  t.deepEqual(verifyRun(stageOf(1), [planned]).problems, ['The journal does not begin with what the run is.']);
});
