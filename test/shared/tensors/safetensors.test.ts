import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PretextError } from '../../../shared/errors/pretext-error.js';
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

/** A file with such a header and so many bytes of data. */
async function writeRaw(t: ExecutionContext, header: string, data: Buffer = Buffer.alloc(8), length = Buffer.byteLength(header)): Promise<string> {
  const path = join(await makeTempFolder(t), 'a.safetensors');
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length));
  await writeFile(path, Buffer.concat([start, Buffer.from(header), data]));
  return path;
}

const entry = (given: object): string => JSON.stringify({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...given });

const hostile: Readonly<Record<string, readonly [header: string, message: RegExp]>> = {
  'arrays that overlap': [`{"a":${entry({})},"b":${entry({ shape: [1], data_offsets: [4, 8] })}}`, /"b" overlaps "a"/],
  'a hole between arrays': [`{"a":${entry({ shape: [1], data_offsets: [4, 8] })}}`, /nothing fills the 4 bytes before "a"/],
  'bytes behind the last array': [`{"a":${entry({ shape: [1], data_offsets: [0, 4] })}}`, /4 bytes follow its last array/],
  'an end beyond the file': [`{"a":${entry({ shape: [1e9], data_offsets: [0, 4e9] })}}`, /"a" is cut short/],
  'a shape that is not its bytes': [`{"a":${entry({ shape: [3] })}}`, /"a" has 8 bytes, which \[3\] numbers of F32 do not have/],
  'a place that is a text': [`{"a":${entry({ data_offsets: ['0', '8'] })}}`, /the place of "a" is \["0","8"\]/],
  'a place that is negative': [`{"a":${entry({ data_offsets: [-8, 0] })}}`, /the place of "a" is \[-8,0\]/],
  'a shape of nothing': [`{"a":${entry({ shape: [null] })}}`, /the shape of "a" is \[null\]/],
  'a shape of NaN': ['{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', /its header is not JSON/],
  'a shape whose product is no number': [`{"a":${entry({ shape: [1e15, 1e15] })}}`, /the shape of "a" is \[1000000000000000,1000000000000000\]/],
  'no type': [`{"a":${entry({ dtype: 5 })}}`, /"a" does not say of which type/],
  'an array that is null': ['{"a":null}', /"a" does not say of which type/],
  'one name twice': [`{"a":${entry({})},"\\u0061":${entry({})}}`, /its header has "a" twice/],
  'metadata that are no texts': [`{"__metadata__":{"a":{"b":1}},"a":${entry({})}}`, /its metadata are no texts/],
  'a list for a header': ['[1, 2]', /its header is no map/],
  'whole numbers': [`{"a":${entry({ dtype: 'I64', shape: [1] })}}`, /"a" is I64, expected F32, F16, BF16, F64/],
};

for (const [what, [header, message]] of Object.entries(hostile)) {
  test(`a header with ${what} is refused in a sentence`, async (t) => {
    await t.throwsAsync(readSafetensors(await writeRaw(t, header)), { code: 'BAD_STATE', message });
  });
}

test('a header of a length that cannot be is refused before memory is taken for it', async (t) => {
  await t.throwsAsync(readSafetensors(await writeRaw(t, '{}', Buffer.alloc(0), 2 ** 50)), { code: 'BAD_STATE', message: /its header would have 1125899906842624 bytes/ });
});

test('a long text in the metadata is passed over, whatever is in it', async (t) => {
  const path = await writeRaw(t, `{"__metadata__":{"a":"{[${'ab'.repeat(6e6)}${'\\"'.repeat(1e6)}"},"b":${entry({})}}`);
  t.is((await readSafetensors(path)).tensors.length, 1);
});

test('whole numbers that are not wanted are passed over, and a name of a string inside a shape is no second one', async (t) => {
  const path = await writeRaw(t, `{"a":${entry({ dtype: 'I64', shape: [] })},"b":${entry({ shape: [0], data_offsets: [8, 8], a: { a: 'a":' } })}}`);
  const { tensors, others } = await readSafetensors(path, (name) => name === 'b');
  t.deepEqual([tensors, others], [[{ name: 'b', shape: [0], values: new Float32Array(0) }], ['a']]);
});

test('files of other kinds are named, with how to convert what torch.save wrote', async (t) => {
  const path = join(await makeTempFolder(t), 'resnet18.pth');
  for (const [begins, what] of [['504b0304140000000000', /a zip archive, as torch\.save/], ['80027d710028580a', /a Python pickle/], ['894844460d0a1a0a', /HDF5/]] as const) {
    await writeFile(path, Buffer.from(begins, 'hex'));
    const error = await t.throwsAsync(readSafetensors(path), { code: 'BAD_STATE', message: what });
    if (!/HDF5/.test(error.message)) t.regex((error as PretextError).hint!, /save_file/);
  }
});

test('a header of 128 bytes is not taken for a pickle', async (t) => {
  const path = await writeRaw(t, `{"a":${entry({})}}`.padEnd(128));
  t.is((await readSafetensors(path)).tensors.length, 1);
});

test('halves and doubles are read as fp32', async (t) => {
  // 1, -2, the smallest half, infinity; 1.5 and -3 of bfloat16; 0.1 of a double.
  const data = Buffer.from('003c00c00100007c' + 'c03f40c0' + '9a9999999999b93f', 'hex');
  const header = { half: { dtype: 'F16', shape: [4], data_offsets: [0, 8] }, brain: { dtype: 'BF16', shape: [2], data_offsets: [8, 12] }, double: { dtype: 'F64', shape: [1], data_offsets: [12, 20] } };
  const { tensors } = await readSafetensors(await writeRaw(t, JSON.stringify(header), data));
  t.deepEqual(tensors.map(({ values }) => [...values]), [[1, -2, 2 ** -24, Infinity], [1.5, -3], [Math.fround(0.1)]]);
});
