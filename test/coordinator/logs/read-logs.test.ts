// Log files that change while they are read.

import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readLogs } from '../../../coordinator/logs/read-logs.js';
import { tagRecord } from '../../../coordinator/logs/tag-record.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

const lines = (source: string, ids: readonly number[]): string => ids.map((id) => `${tagRecord(id, source, '{"msg":"m"}', 0).line}\n`).join('');

test('a file that is turned over or removed while it is read is read to its end', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'worker-w1.1.ndjson': lines('w1', [1, 4]), 'worker-w1.ndjson': lines('w1', [5, 8]), 'worker-w2.ndjson': lines('w2', [2, 3, 6, 7]) });
  const ids: number[] = [];
  for await (const { id } of readLogs(folder)) {
    ids.push(id);
    if (id !== 1) continue;
    await rename(join(folder, 'worker-w1.ndjson'), join(folder, 'worker-w1.1.ndjson'));
    await writeFiles(folder, { 'worker-w1.ndjson': lines('w1', [9]) });
    await rm(join(folder, 'worker-w2.ndjson'));
  }
  t.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a reader that has enough leaves no file open', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'worker-w1.1.ndjson': lines('w1', [1]), 'worker-w1.ndjson': lines('w1', [3]), 'worker-w2.ndjson': lines('w2', [2]) });
  const before = (await readdir('/dev/fd')).length;
  for (let i = 0; i < 10; i++) for await (const { id } of readLogs(folder)) if (id === 1) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.true((await readdir('/dev/fd')).length < before + 10);
});
