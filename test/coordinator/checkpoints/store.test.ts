// Checkpoints that a run may go on from: what is damaged is named and left for the one before.

import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkpointPath } from '../../../coordinator/checkpoints/checkpoints.js';
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

async function createBench(t: ExecutionContext, steps: readonly number[], keep = 3): Promise<Bench> {
  const out = await makeTempFolder(t);
  const folder = join(out, 'checkpoints');
  const journal = await openJournal(join(out, 'journal.ndjson'));
  t.teardown(() => journal.close());
  const rejected: string[] = [];
  const store = createCheckpointStore({
    folder, keep, metadata: {}, journal: journalOfStage(journal, 2),
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

const DAMAGES: Record<string, { readonly damage: (bench: Bench) => Promise<unknown>; readonly reason: RegExp }> = {
  'cut short': { damage: ({ pathOf }) => truncate(pathOf(8), 5000), reason: /^8: .*cut short/ },
  'empty': { damage: ({ pathOf }) => truncate(pathOf(8), 0), reason: /^8: .*too short/ },
  'changed by one bit': { damage: ({ pathOf }) => flipBit(pathOf(8), 100), reason: /^8: its content is not what the journal says/ },
  'replaced by another': { damage: ({ pathOf }) => copyFile(pathOf(4), pathOf(8)), reason: /^8: its content is not what the journal says/ },
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
  const bench = await createBench(t, [2, 4, 6, 8], 2);
  t.like(await readNewest(bench, 10), { step: 8 });
  t.deepEqual(bench.rejected, []);
});
