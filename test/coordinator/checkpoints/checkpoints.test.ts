import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestsOfCheckpoint } from '../../../coordinator/checkpoints/checkpoint-digest.js';
import { checkpointPath, listCheckpoints, readCheckpoint, writeCheckpoint } from '../../../coordinator/checkpoints/checkpoints.js';
import type { WireLayout } from '../../../shared/protocol/messages.js';
import { digestOf } from '../../../shared/tensors/digest.js';
import { readSafetensors } from '../../../shared/tensors/safetensors.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const layout: WireLayout = {
  entries: [
    { name: 'stem/weight', shape: [2, 3], kind: 'trained', slots: ['momentum'] },
    { name: 'stem/mean', shape: [2], kind: 'statistic', slots: [] },
  ],
  gradientLength: 8,
};
/** Six weights, two means, six momenta. */
const state = Float32Array.from({ length: 14 }, (_, i) => i + 0.5);

async function writeSteps(t: ExecutionContext, steps: readonly number[], keep: number): Promise<string> {
  const folder = join(await makeTempFolder(t), 'checkpoints');
  for (const step of steps) await writeCheckpoint({ folder, step, layout, state, metadata: { run: 'r' }, keep });
  return folder;
}

test('a state comes back as it was written, array by array under its name', async (t) => {
  const folder = await writeSteps(t, [7], 1);
  const path = checkpointPath(folder, 7);
  t.deepEqual(await readCheckpoint(path, layout), state);
  const { tensors, metadata } = await readSafetensors(path);
  t.deepEqual(tensors.map(({ name }) => name), ['stem/weight', 'stem/mean', 'optimizer/momentum/stem/weight']);
  t.deepEqual(metadata, { run: 'r', step: '7' });
});

test('the newest are kept, and the first state of all', async (t) => {
  const folder = await writeSteps(t, [0, 2, 4, 6, 8], 2);
  t.deepEqual(await listCheckpoints(folder), [0, 6, 8]);
});

test('later ones are left alone when an earlier step is written again', async (t) => {
  const folder = await writeSteps(t, [2, 4, 8, 3], 2);
  t.deepEqual(await listCheckpoints(folder), [3, 4, 8]);
});

test('only checkpoints are listed, and a folder that is not there has none', async (t) => {
  const folder = await writeSteps(t, [2], 1);
  await writeFile(join(folder, 'step-000004.safetensors.partial'), 'x');
  await writeFile(join(folder, 'notes.txt'), 'x');
  t.deepEqual(await listCheckpoints(folder), [2]);
  t.is((await readdir(folder)).length, 3);
  t.deepEqual(await listCheckpoints(join(folder, 'none')), []);
});

test('a file of another model is refused, with what it has and what was expected', async (t) => {
  const path = checkpointPath(await writeSteps(t, [1], 1), 1);
  const other: WireLayout = { ...layout, entries: [{ ...layout.entries[0]!, shape: [3, 2] }, layout.entries[1]!] };
  await t.throwsAsync(readCheckpoint(path, other), { code: 'BAD_STATE', message: /shape \[2, 3\] for "stem\/weight", expected shape \[3, 2\]/ });
  const larger: WireLayout = { ...layout, entries: [...layout.entries, { name: 'head/bias', shape: [4], kind: 'trained', slots: [] }] };
  await t.throwsAsync(readCheckpoint(path, larger), { code: 'BAD_STATE', message: /nothing for "head\/bias"/ });
});

test('the digests of a file are those of the values and of the flat state', async (t) => {
  const path = checkpointPath(await writeSteps(t, [1], 1), 1);
  t.like(await digestsOfCheckpoint(path), { values: digestOf(state.subarray(0, 8)), state: digestOf(state) });
});
