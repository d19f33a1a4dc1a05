import { appendFile, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createLineFile } from '../../../coordinator/observe/line-file.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('lines come in order, after those that were there', async (t) => {
  const path = join(await makeTempFolder(t), 'a.ndjson');
  await writeFile(path, '{"n":0}\n');
  const lines = createLineFile(path, () => t.fail());
  lines.push({ n: 1 }, { n: 2 });
  lines.push();
  lines.push({ n: 3 });
  await lines.flush();
  t.is(await readFile(path, 'utf8'), '{"n":0}\n{"n":1}\n{"n":2}\n{"n":3}\n');
});

test('a line that a crash tore is cut off, however long the file', async (t) => {
  const path = join(await makeTempFolder(t), 'a.ndjson');
  const whole = `${JSON.stringify({ text: 'x'.repeat(1000) })}\n`.repeat(100);
  await writeFile(path, `${whole}{"tor`);
  const lines = createLineFile(path, () => t.fail());
  lines.push({ n: 1 });
  await lines.flush();
  t.is(await readFile(path, 'utf8'), `${whole}{"n":1}\n`);
});

test('a full disk loses lines and says which, and what is written later is whole', async (t) => {
  const path = join(await makeTempFolder(t), 'a.ndjson');
  await symlink('/dev/full', path);
  const lost: [number, string][] = [];
  const lines = createLineFile(path, (count, reason) => lost.push([count, reason]));
  lines.push({ n: 1 }, { n: 2 });
  await lines.flush();
  t.deepEqual(lost, [[2, `Cannot write "${path}": the disk is full.`]]);

  await rm(path);
  lines.push({ n: 3 });
  await lines.flush();
  t.is(await readFile(path, 'utf8'), '{"n":3}\n');
});

test('what a write that failed half-way left behind is cut off by the next', async (t) => {
  const path = join(await makeTempFolder(t), 'a.ndjson');
  const lines = createLineFile(path, () => t.fail());
  lines.push({ n: 1 });
  await lines.flush();
  await appendFile(path, '{"n":2');
  lines.push({ n: 3 });
  await lines.flush();
  t.is(await readFile(path, 'utf8'), '{"n":1}\n{"n":3}\n');
});
