import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { announce, claimRunFolder, pathsOf, stagePathsOf, withdraw } from '../../../coordinator/run/folder.js';
import { hashManifest, readManifest, writeManifest } from '../../../coordinator/run/manifest.js';
import type { Item } from '../../../shared/datasets/dataset.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('files of the first stage lie where those of a run of one stage do', (t) => {
  t.deepEqual(stagePathsOf('run', 1), { manifest: join('run', 'manifest.ndjson'), checkpoints: join('run', 'checkpoints') });
  t.deepEqual(stagePathsOf('run', 2), { manifest: join('run', 'stages', '2', 'manifest.ndjson'), checkpoints: join('run', 'stages', '2', 'checkpoints') });
});

test('a folder with a run is taken only to go on, one without only to begin', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  await t.throwsAsync(claimRunFolder(paths, true), { code: 'NOT_FOUND' });
  await t.notThrowsAsync(claimRunFolder(paths, false));
  await writeFile(paths.journal, '');
  await t.throwsAsync(claimRunFolder(paths, false), { code: 'RUN_EXISTS' });
  await t.notThrowsAsync(claimRunFolder(paths, true));
});

test('a folder is not taken while another coordinator lives in it, and is once that one is dead or gone', async (t) => {
  const paths = pathsOf(await makeTempFolder(t));
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  await writeFile(paths.coordinator, JSON.stringify({ url: 'http://x', pid: other.pid }));
  await t.throwsAsync(claimRunFolder(paths, false), { code: 'RUN_EXISTS', message: new RegExp(`process ${other.pid}`) });
  other.kill('SIGKILL');
  await once(other, 'exit');
  await t.notThrowsAsync(claimRunFolder(paths, false));
  await announce(paths, 'http://here');
  await t.notThrowsAsync(claimRunFolder(paths, false));
  await withdraw(paths);
  await t.notThrowsAsync(claimRunFolder(paths, false));
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
