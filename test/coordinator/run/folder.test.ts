import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { claimRunFolder } from '../../../coordinator/run/claim-run-folder.js';
import { pathsOf, stagePathsOf, type RunMode } from '../../../coordinator/run/folder.js';
import { hashManifest, readManifest, writeManifest } from '../../../coordinator/run/manifest.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('files of the first stage lie where those of a run of one stage do', (t) => {
  t.deepEqual(stagePathsOf('run', 1), { manifest: join('run', 'manifest.ndjson'), checkpoints: join('run', 'checkpoints') });
  t.deepEqual(stagePathsOf('run', 2), { manifest: join('run', 'stages', '2', 'manifest.ndjson'), checkpoints: join('run', 'stages', '2', 'checkpoints') });
});

test('a folder with a run is taken only to go on, one without only to begin, either by whoever does not care', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  const take = async (mode: RunMode): Promise<void> => (await claimRunFolder(paths, mode)).withdraw();
  await t.throwsAsync(take('resume'), { code: 'NOT_FOUND' });
  for (const mode of ['start', 'resumeOrStart'] as const) await t.notThrowsAsync(take(mode));
  await writeFile(paths.journal, '');
  await t.throwsAsync(take('start'), { code: 'RUN_EXISTS', message: /already holds a run/ });
  for (const mode of ['resume', 'resumeOrStart'] as const) await t.notThrowsAsync(take(mode));
  t.false(existsSync(paths.coordinator));
});

const items: Item[] = [
  { index: 0, path: 'a.mp4', kind: 'video', bytes: 10, split: 'train', durationS: 2, label: 'walk' },
  { index: 1, path: 'b.png', kind: 'image', bytes: 20, split: 'test' },
];

test('a manifest reads back as it was written, files that cannot be used among it', async (t) => {
  const path = join(await makeTempFolder(t), 'manifest.ndjson');
  const listing = { items, rejected: [{ path: 'c.png', code: 'X', reason: 'torn' }] };
  await writeManifest(path, listing);
  t.deepEqual(await readManifest(path), listing);
  await t.throwsAsync(readManifest(`${path}.gone`), { code: 'NOT_FOUND' });
});

test('the hash of a manifest is of what the plan depends on, in order', (t) => {
  const hash = hashManifest(items);
  t.is(hashManifest(items.map((item) => ({ ...item, label: 'run', width: 3 }))), hash);
  const others = [items.toReversed(), items.slice(1), ...(['path', 'split', 'bytes', 'durationS'] as const).map((key) => [{ ...items[0]!, [key]: 'other' }, items[1]!])];
  t.is(new Set([hash, ...others.map((each) => hashManifest(each))]).size, others.length + 1);
});

test('where labels are learnt from, the hash is of them too', (t) => {
  const [first, second, ...rest] = [{ ...items[0]!, label: 'a' }, { ...items[1]!, label: 'b' }, ...items.slice(2)];
  const swapped = [{ ...first, label: 'b' }, { ...second, label: 'a' }, ...rest];
  const labelled = [first, second, ...rest];
  t.is(hashManifest(swapped), hashManifest(labelled));
  t.not(hashManifest(swapped, { classes: ['a', 'b'] }), hashManifest(labelled, { classes: ['a', 'b'] }));
});
