import { createHash } from 'node:crypto';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { blocksOf, hashContent } from '../../../shared/datasets/content-hash.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const MIB = 2 ** 20;

test('a small file is hashed whole, with its size', async (t) => {
  const path = join(await makeTempFolder(t), 'a');
  await writeFile(path, 'abc');
  t.deepEqual(await hashContent(path), { bytes: 3, hash: createHash('sha256').update('3\nabc').digest('hex') });
  await writeFile(path, 'abd');
  t.not((await hashContent(path)).hash, createHash('sha256').update('3\nabc').digest('hex'));
});

test('of a large file as much is read as of one of 4 MiB, from the first byte to the last', (t) => {
  const bytes = 100 * MIB + 7;
  const blocks = blocksOf(bytes);
  t.is(blocks.reduce((sum, { length }) => sum + length, 0), 4 * MIB);
  t.is(blocks[0]!.start, 0);
  t.is(blocks.at(-1)!.start + blocks.at(-1)!.length, bytes);
  t.true(blocks.every(({ start }, i) => i === 0 || start >= blocks[i - 1]!.start + blocks[i - 1]!.length));
});

test('a large file that is half zeros, cut or longer is another', async (t) => {
  const path = join(await makeTempFolder(t), 'a');
  await writeFile(path, Buffer.alloc(6 * MIB, 1));
  const { hash } = await hashContent(path);
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(3 * MIB), 0, 3 * MIB, 3 * MIB);
  await file.close();
  const half = (await hashContent(path)).hash;
  await truncate(path, 6 * MIB + 1);
  const longer = (await hashContent(path)).hash;
  t.is(new Set([hash, half, longer]).size, 3);
});

test('an empty file has a hash, a missing one none', async (t) => {
  const path = join(await makeTempFolder(t), 'a');
  await writeFile(path, '');
  t.is((await hashContent(path)).bytes, 0);
  await t.throwsAsync(hashContent(`${path}b`), { code: 'ENOENT' });
});
