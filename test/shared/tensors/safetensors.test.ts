import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readSafetensors, writeSafetensors, type NamedArray } from '../../../shared/tensors/safetensors.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const arrays: NamedArray[] = [
  { name: 'trunk/a', shape: [2, 2], values: Float32Array.of(1, -2, 3.5, 0) },
  { name: 'empty', shape: [0], values: new Float32Array(0) },
  { name: 'scalar', shape: [], values: Float32Array.of(7) },
];

test('arrays come back as they were written, with their metadata', async (t) => {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  await writeSafetensors(path, arrays, { step: '3' });
  const { tensors, others, metadata } = await readSafetensors(path);
  t.deepEqual(tensors, arrays);
  t.deepEqual(others, []);
  t.deepEqual(metadata, { step: '3' });
});

test('only the arrays that are wanted are read, the others named', async (t) => {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  await writeSafetensors(path, arrays, {});
  const { tensors, others } = await readSafetensors(path, (name) => name.startsWith('trunk/'));
  t.deepEqual(tensors, arrays.slice(0, 1));
  t.deepEqual(others, ['empty', 'scalar']);
});

test('the file is as the format has it: length, JSON, raw little-endian numbers', async (t) => {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  await writeSafetensors(path, arrays.slice(2), { a: 'b' });
  const bytes = await readFile(path);
  const headerBytes = Number(bytes.readBigUInt64LE());
  t.deepEqual(JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)), {
    __metadata__: { a: 'b' }, scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
  });
  t.is(bytes.readFloatLE(8 + headerBytes), 7);
  t.is(headerBytes % 8, 0);
});

test('a file that is cut short, of another type or no such file at all is refused in a sentence', async (t) => {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  await writeSafetensors(path, arrays, {});
  const { length } = await readFile(path);
  for (const [bytes, what] of [[length - 1, /"scalar" is cut short/], [40, /its header is cut short/], [4, /4 bytes is too short/]] as const) {
    await truncate(path, bytes);
    await t.throwsAsync(readSafetensors(path), { code: 'BAD_STATE', message: what });
  }
  await writeFile(path, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{x')]));
  await t.throwsAsync(readSafetensors(path), { code: 'BAD_STATE', message: /its header is not JSON/ });
});
