import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { committedStep, type JournalEntry } from '../../../coordinator/journal/entries.js';
import { openJournal, readJournal } from '../../../coordinator/journal/journal.js';
import { verifyJournal } from '../../../coordinator/journal/verify.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { digestOfStep } from '../../../coordinator/plan/plan-digest.js';

const MICROBATCHES = 2;
const STEPS = 5;
const items = Array.from({ length: 7 }, (_, index) => ({ index, path: `${index}.mp4`, kind: 'video' as const, bytes: 1, split: 'train' as const }));
const plan = createEpochPlan(items, { seed: 1, microbatches: MICROBATCHES, microbatchSize: 2, clipsPerVideo: 1 });

function commit(step: number): JournalEntry {
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

const verify = (entries: JournalEntry[]) => verifyJournal(entries, plan, STEPS, MICROBATCHES);
const all = [1, 2, 3, 4, 5].map(commit);

test('a journal with every step once is a proof', (t) => {
  t.deepEqual(verify(all), {
    isProved: true,
    samples: { planned: 20, committed: 20, duplicated: 0, missing: 0, quarantined: 0 },
    problems: [],
  });
});

test('a missing step, a doubled step and foreign samples are each named', (t) => {
  t.is(verify(all.slice(0, 4)).samples.missing, 4);
  t.is(verify([...all, commit(3)]).samples.duplicated, 4);
  const foreign = verify([...all.slice(0, 4), { ...commit(5), samples: '0'.repeat(64) } as JournalEntry]);
  t.regex(foreign.problems.join(), /Step 5 committed other samples/);
  for (const entries of [all.slice(1), [...all, commit(1)]]) t.false(verify(entries).isProved);
});

test('steps that were rolled back do not count until they are run again', (t) => {
  const back: JournalEntry = { type: 'rollback', to: 3, reason: 'test' };
  t.is(committedStep([...all, back]), 3);
  t.false(verify([...all, back]).isProved);
  t.true(verify([...all, back, commit(4), commit(5)]).isProved);
});

test('a line torn by a crash is cut off, and the journal goes on', async (t) => {
  const path = join(await temporaryFolder(t), 'journal.ndjson');
  const first = await openJournal(path);
  await first.append(commit(1));
  await first.close();
  await appendFile(path, '{"type":"commit","step":2,"fir');
  const second = await openJournal(path);
  t.is(committedStep(second.entries), 1);
  await second.append(commit(2));
  await second.close();
  t.is(committedStep(await readJournal(path)), 2);
  t.is((await readFile(path, 'utf8')).split('\n').length, 3);
});

test('a damaged line in the middle is refused, with its number', async (t) => {
  const path = join(await temporaryFolder(t), 'journal.ndjson');
  await writeFile(path, `${JSON.stringify(commit(1))}\nnonsense\n${JSON.stringify(commit(2))}\n`);
  const error = await t.throwsAsync(openJournal(path));
  t.like(error, { code: 'JOURNAL_BROKEN' });
  t.regex(error.message, /:2 /);
});

test('a full disk is said in one sentence, and what was committed before stays readable', async (t) => {
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
  const long: JournalEntry = { type: 'rollback', to: 1, reason: 'x'.repeat(20_000) };
  const error = await t.throwsAsync(journal.append(long));
  t.like(error, { code: 'DISK_FULL' });
  await journal.close();
  t.is(committedStep(await readJournal(path)), 1);
});
