// Damaged journals: whatever byte is changed and wherever the file ends, what is read is what was written, up to a fault that is named.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { JournalEntry } from '../../../coordinator/journal/entries.js';
import { openJournal, readJournal } from '../../../coordinator/journal/journal.js';
import { readLines, writeLine } from '../../../coordinator/journal/lines.js';
import { PretextError, messageOf } from '../../../shared/errors/pretext-error.js';
import { freshRandom } from '../../helpers/numerics.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const unusable = [{ position: 7, path: 'bücher/木.png', code: 'DECODE_FAILED', reason: 'no "end"\n' }];

function commitOf(step: number): Extract<JournalEntry, { type: 'commit' }> {
  return {
    type: 'commit', stage: 1, step, first: step * 8, count: 8, samples: 'a1'.repeat(32), weights: { samples: 8, main: 7.5 }, loss: 1 / step,
    terms: { order: 1 / step }, metrics: {}, gradient: 'b2'.repeat(32), unusable: step === 2 ? unusable : [],
  };
}

const ENTRIES: readonly JournalEntry[] = [
  { type: 'run', runId: 'e7a9', stages: 1 },
  { type: 'stage', stage: 1, recipe: 'c3'.repeat(32), manifest: 'd4'.repeat(32), steps: 4 },
  { type: 'worker', stage: 1, worker: 'w1', backend: 'simd' },
  commitOf(1), commitOf(2),
  { type: 'checkpoint', stage: 1, step: 2, sha256: 'e5'.repeat(32) },
  commitOf(3),
  { type: 'rollback', stage: 1, to: 2, reason: 'nobody has it' },
  commitOf(3), commitOf(4),
];

interface Written {
  readonly path: string;
  readonly bytes: Buffer;
  /** Of each line. */
  readonly starts: readonly number[];
}

async function write(t: ExecutionContext): Promise<Written> {
  const path = join(await makeTempFolder(t), 'journal.ndjson');
  const journal = await openJournal(path);
  for (const entry of ENTRIES) await journal.append(entry);
  await journal.close();
  const bytes = await readFile(path);
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  return { path, bytes, starts: lines.map((_line, index) => lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0)) };
}

/** What is read is the beginning of what was written, and a fault is named where it is. */
function expectNoLies(t: ExecutionContext, damaged: Buffer, { starts }: Written, at: number): void {
  const { entries, wholeBytes, fault } = readLines(damaged);
  const line = starts.findLastIndex((start) => start <= at);
  const isSound = entries.length === line && fault?.line === line + 1 && fault.byte === starts[line] && wholeBytes === fault.byte && fault.reason !== '';
  // An assertion takes longer than reading.
  if (!isSound) t.fail(`byte ${at}: ${entries.length} entries, ${JSON.stringify(fault)}`);
}

test('a changed byte, whichever it is, is found in its line, and nothing from there on is read', async (t) => {
  const written = await write(t);
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}, ${written.bytes.length} bytes`);
  t.deepEqual(readLines(written.bytes).entries, ENTRIES);
  for (let at = 0; at < written.bytes.length; at++) {
    for (const mask of [1, 0x20, 0x80, 1 + random.int(255)]) {
      const damaged = Buffer.from(written.bytes);
      damaged[at]! ^= mask;
      expectNoLies(t, damaged, written, at);
    }
  }
  t.pass();
});

test('wherever the file ends, the whole lines are read and the rest is cut off', async (t) => {
  const written = await write(t);
  const { bytes, starts } = written;
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    if (starts.includes(length)) t.deepEqual(readLines(cut).entries, ENTRIES.slice(0, starts.indexOf(length)));
    else expectNoLies(t, cut, written, length);
  }
});

test('a line that is missing, doubled or moved is found', async (t) => {
  const { bytes, starts } = await write(t);
  const lines = starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
  const expectFault = (order: readonly Buffer[], line: number): void => {
    const { fault, entries } = readLines(Buffer.concat(order));
    t.is(fault?.line, line);
    t.is(entries.length, line - 1);
  };
  for (let index = 0; index + 1 < lines.length; index++) {
    expectFault(lines.toSpliced(index, 1), index + 1);
    expectFault(lines.toSpliced(index, 0, lines[index]!), index + 2);
    expectFault(lines.toSpliced(index, 2, lines[index + 1]!, lines[index]!), index + 1);
  }
});

test('a last line that is torn or damaged is cut off with a word, and the journal goes on', async (t) => {
  const { path, bytes, starts } = await write(t);
  const last = starts.at(-1)!;
  for (const damage of [bytes.subarray(0, last + 40), Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]), Buffer.concat([bytes.subarray(0, last), Buffer.alloc(60)])]) {
    await writeFile(path, damage);
    const journal = await openJournal(path);
    t.like(journal.cut, { line: ENTRIES.length, byte: last, isTorn: true });
    t.is(journal.cut!.kept, undefined);
    await journal.append(ENTRIES.at(-1)!);
    await journal.close();
    t.deepEqual(await readFile(path), bytes);
  }
});

test('damage that lines follow is refused with line, byte and what is left, and the file is as it was', async (t) => {
  const { path, bytes, starts } = await write(t);
  const damaged = Buffer.from(bytes);
  damaged[starts[6]! + 50]! ^= 1;
  await writeFile(path, damaged);
  const error = await t.throwsAsync(openJournal(path));
  t.true(error instanceof PretextError);
  t.like(error, { code: 'JOURNAL_BROKEN', message: `${path}:7 (byte ${starts[6]}): its check does not hold: it was changed, or lines before it are missing, doubled or moved.` });
  t.regex((error as PretextError).hint!, /before the fault \(step 2\).*--resume --recover/);
  t.deepEqual(await readFile(path), damaged);
  t.like(await readJournal(path), { entries: ENTRIES.slice(0, 6), fault: { line: 7 } });
});

test('a last line of another version, whole by its check, is refused and left as it is', async (t) => {
  const { path, bytes } = await write(t);
  const newer = { type: 'merge', stage: 1, step: 5 } as unknown as JournalEntry;
  const mixed = Buffer.concat([bytes, Buffer.from(writeLine(newer, readLines(bytes).check).text)]);
  await writeFile(path, mixed);
  await t.throwsAsync(openJournal(path), { code: 'JOURNAL_BROKEN', message: new RegExp(`:${ENTRIES.length + 1} \\(byte ${bytes.length}\\): it is no journal entry: it is of another version of Pretext`) });
  t.deepEqual(await readFile(path), mixed);

  const journal = await openJournal(path, { recover: true });
  await journal.close();
  t.deepEqual(await readFile(journal.cut!.kept!), mixed);
  t.deepEqual(await readFile(path), bytes);
});

test('told to recover, the journal goes on from before the damage, and all of it is kept beside it', async (t) => {
  const { path, bytes, starts } = await write(t);
  for (const number of [1, 2]) {
    const damaged = Buffer.from(bytes);
    damaged[starts[6]! + 50]! ^= 1;
    await writeFile(path, damaged);
    const journal = await openJournal(path, { recover: true });
    t.like(journal.cut, { line: 7, kept: path.replace('.ndjson', `.damaged-${number}.ndjson`) });
    t.deepEqual(await readFile(journal.cut!.kept!), damaged);
    for (const entry of ENTRIES.slice(6)) await journal.append(entry);
    await journal.close();
    t.deepEqual(await readFile(path), bytes);
  }
});

test('a journal of an earlier version is refused, and says so', async (t) => {
  const { path } = await write(t);
  await writeFile(path, ENTRIES.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  t.regex(messageOf(await t.throwsAsync(openJournal(path))), /:1 \(byte 0\): .*of an earlier version of Pretext/);
});

test('a step that is run again must give what it gave before, or the journal does not take it', async (t) => {
  const { path } = await write(t);
  const journal = await openJournal(path);
  await journal.append({ type: 'rollback', stage: 1, to: 3, reason: 'test' });
  for (const change of [{ gradient: 'x' }, { loss: 9 }, { samples: 'y' }]) {
    await t.throwsAsync(journal.append({ ...commitOf(4), ...change }), { code: 'REPLAY_DIFFERS', message: /^Step 4 was run again and gave .*before/ });
  }
  await journal.append(commitOf(4));
  await journal.append({ type: 'rollback', stage: 1, to: 3, reason: 'test' });
  await journal.append({ type: 'worker', stage: 1, worker: 'w2', backend: 'webgpu' });
  await t.notThrowsAsync(journal.append({ ...commitOf(4), gradient: 'of another kind' }));
  await journal.close();

  const recovered = await openJournal(path, { recover: true });
  await t.notThrowsAsync(recovered.append({ ...commitOf(4), gradient: 'z' }));
  await recovered.close();
});
