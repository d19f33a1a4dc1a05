// Checkpoints that a run may go on from: what is damaged is named and left for the one before.

import { copyFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkpointPath, listCheckpoints, readCheckpoint, writeCheckpoint } from '../../../coordinator/checkpoints/checkpoints.js';
import { createCheckpointStore, type CheckpointStore } from '../../../coordinator/checkpoints/store.js';
import { openJournal } from '../../../coordinator/journal/journal.js';
import { journalOfStage } from '../../../coordinator/journal/stage-journal.js';
import type { WireLayout } from '../../../shared/protocol/messages.js';
import { digestOf } from '../../../shared/tensors/digest.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const layout: WireLayout = { entries: [{ name: 'flat', shape: [1000], kind: 'trained', slots: ['momentum'] }], gradientLength: 1000 };
const stateOf = (step: number): Float32Array => Float32Array.from({ length: 2000 }, (_, i) => step + i / 1000);

interface Bench {
  readonly store: CheckpointStore;
  readonly folder: string;
  readonly rejected: string[];
  readonly pathOf: (step: number) => string;
  readonly write: (step: number) => Promise<string>;
}

interface BenchOptions {
  readonly keep?: number;
  readonly makeFirst?: () => Promise<Float32Array>;
}

const METADATA = { run: 'own', stage: '2' };

async function createBench(t: ExecutionContext, steps: readonly number[], { keep = 3, makeFirst }: BenchOptions = {}): Promise<Bench> {
  const out = await makeTempFolder(t);
  const folder = join(out, 'checkpoints');
  const journal = await openJournal(join(out, 'journal.ndjson'));
  t.teardown(() => journal.close());
  const rejected: string[] = [];
  const store = createCheckpointStore({
    folder, keep, metadata: METADATA, journal: journalOfStage(journal, 2), makeFirst,
    onRejected: (step, path, reason) => rejected.push(`${path === checkpointPath(folder, step) ? step : path}: ${reason}`),
  });
  const write = (step: number): Promise<string> => store.write(step, layout, { state: stateOf(step), sha256: digestOf(stateOf(step)) });
  for (const step of steps) await write(step);
  return { store, folder, rejected, write, pathOf: (step) => checkpointPath(folder, step) };
}

/** What a run would go on from. */
async function readNewest({ store }: Bench, last: number): Promise<{ step: number; state: Float32Array } | undefined> {
  for (;;) {
    const step = await store.newest(last);
    if (step === undefined) return undefined;
    const state = await store.read(step, layout);
    if (state) return { step, state };
  }
}

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - at]! ^= 1;
  await writeFile(path, bytes);
}

test('the newest that is not beyond the journal is gone on from', async (t) => {
  const bench = await createBench(t, [4, 8]);
  t.deepEqual(await readNewest(bench, 9), { step: 8, state: stateOf(8) });
  t.deepEqual(await readNewest(bench, 7), { step: 4, state: stateOf(4) });
  t.is(await readNewest(bench, 3), undefined);
  t.deepEqual(bench.rejected, []);
});

/** Under the name of step 8. */
function writeForeign({ folder }: Bench, change: Record<string, string>, state = stateOf(8)): Promise<string> {
  return writeCheckpoint({ folder, step: 8, layout, state, metadata: { ...METADATA, ...change }, keep: 9 });
}

const DAMAGES: Record<string, { readonly damage: (bench: Bench) => Promise<unknown>; readonly reason: RegExp }> = {
  'cut short': { damage: ({ pathOf }) => truncate(pathOf(8), 5000), reason: /^8: .*cut short/ },
  'empty': { damage: ({ pathOf }) => truncate(pathOf(8), 0), reason: /^8: .*too short/ },
  'changed by one bit': { damage: ({ pathOf }) => flipBit(pathOf(8), 100), reason: /^8: its content is not what the journal says/ },
  'replaced by another': { damage: ({ pathOf }) => copyFile(pathOf(4), pathOf(8)), reason: /^8: it is of step 4, expected 8/ },
  'of the same step, with another content': { damage: (bench) => writeForeign(bench, {}, stateOf(9)), reason: /^8: its content is not what the journal says/ },
  'of another run': { damage: (bench) => writeForeign(bench, { run: 'foreign' }), reason: /^8: it is of run foreign, expected own/ },
  'of another stage': { damage: (bench) => writeForeign(bench, { stage: '1' }), reason: /^8: it is of stage 1, expected 2/ },
  'missing': { damage: ({ pathOf }) => rm(pathOf(8)), reason: /^8: the file is missing/ },
};

for (const [what, { damage, reason }] of Object.entries(DAMAGES)) {
  test(`a checkpoint that is ${what} is named once and left for the one before it, until its step is written again`, async (t) => {
    const bench = await createBench(t, [4, 8]);
    await damage(bench);
    for (let time = 0; time < 2; time++) t.deepEqual(await readNewest(bench, 10), { step: 4, state: stateOf(4) });
    t.is(bench.rejected.length, 1);
    t.regex(bench.rejected[0]!, reason);
    await bench.write(8);
    t.deepEqual(await readNewest(bench, 10), { step: 8, state: stateOf(8) });
  });
}

test('a file that the journal does not know is not gone on from', async (t) => {
  const bench = await createBench(t, [4]);
  await copyFile(bench.pathOf(4), bench.pathOf(6));
  t.like(await readNewest(bench, 10), { step: 4 });
  t.deepEqual(bench.rejected, ['6: the journal does not know it']);
});

test('what was removed to make room is not missed', async (t) => {
  const bench = await createBench(t, [2, 4, 6, 8], { keep: 2 });
  t.like(await readNewest(bench, 10), { step: 8 });
  t.deepEqual(bench.rejected, []);
});

test('checkpoints of an earlier run in the folder are neither used nor counted among those that are kept', async (t) => {
  const bench = await createBench(t, []);
  for (const step of [3, 5, 7]) await writeCheckpoint({ folder: bench.folder, step, layout, state: stateOf(step), metadata: { ...METADATA, run: 'foreign' }, keep: 9 });
  for (const step of [2, 4, 6]) await bench.write(step);
  t.like(await readNewest(bench, 10), { step: 6 });
  t.deepEqual(bench.rejected, ['7: the journal does not know it']);
  t.deepEqual(await listCheckpoints(bench.folder), [2, 3, 4, 5, 6, 7]);
});

test('a first state that the seed does not give is made again when it is damaged or missing, if it is what it was', async (t) => {
  for (const damage of [(path: string) => flipBit(path, 100), (path: string) => rm(path)]) {
    const bench = await createBench(t, [0], { makeFirst: () => Promise.resolve(stateOf(0)) });
    await damage(bench.pathOf(0));
    t.deepEqual(await readNewest(bench, 10), { step: 0, state: stateOf(0) });
    t.is(bench.rejected.length, 1);
    t.deepEqual(await readCheckpoint(bench.pathOf(0), layout), stateOf(0));
  }
});

test('a first state that is made again and cannot be written is not lost', async (t) => {
  const bench = await createBench(t, [0], { makeFirst: () => Promise.resolve(stateOf(0)) });
  // A file where the folder was, as a disk that takes nothing.
  await rename(bench.folder, `${bench.folder}.away`);
  await writeFile(bench.folder, '');
  t.is(await bench.store.newest(10), 0);
  await t.throwsAsync(bench.store.read(0, layout), { code: 'REFUSED' });
  t.is(bench.rejected.filter((reason) => reason.includes('cannot be made again')).length, 0);
  await rm(bench.folder);
  t.deepEqual(await readNewest(bench, 10), { step: 0, state: stateOf(0) });
});

test('a first state that cannot be made again is lost, and it is said why', async (t) => {
  const makers: [() => Promise<Float32Array>, RegExp][] = [
    [() => Promise.resolve(stateOf(1)), /^0: it cannot be made again: what it was made from has changed/],
    [() => Promise.reject(new Error('"x" is gone')), /^0: it cannot be made again: "x" is gone/],
  ];
  for (const [[makeFirst, reason], damage] of makers.flatMap((maker) => [(path: string) => flipBit(path, 100), (path: string) => rm(path)].map((each) => [maker, each] as const))) {
    const bench = await createBench(t, [0], { makeFirst });
    await damage(bench.pathOf(0));
    t.is(await readNewest(bench, 10), undefined);
    t.regex(bench.rejected.at(-1)!, reason);
  }
});
