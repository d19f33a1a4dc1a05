// Tables of features in every format, read back.

import test from 'ava';
import { parquetReadObjects } from 'hyparquet';
import { formatOf } from '../../../scripts/embed/formats.js';
import type { FeatureTable } from '../../../scripts/embed/table.js';
import { formatFloat } from '../../../scripts/format/csv.js';
import type { EncodedRow } from '../../../scripts/measure/encode-items.js';
import { parseCsv } from '../../../shared/datasets/csv.js';
import { freshRandom, normal } from '../../helpers/numerics.js';

const stages = [{ name: 'stage1', channels: 2, stride: 1 }, { name: 'stage2', channels: 3, stride: 2 }];
const NAMES = ['stage1_0', 'stage1_1', 'stage2_0', 'stage2_1', 'stage2_2'];

function createTable(isPerFrame: boolean): FeatureTable {
  const { random } = freshRandom();
  const paths = ['a/plain.jpg', 'b/comma, and "quotes".jpg', ' é.jpg'];
  const rows = paths.map((path, index): EncodedRow => ({
    item: { index, path, kind: 'image', bytes: 1, split: index === 0 ? 'test' : 'train', ...(index < 2 && { label: path[0]! }) },
    ...(isPerFrame && { frame: { number: 3 * index, timeS: index + 0.125 } }),
    numbers: Float32Array.from(NAMES, () => 10 ** random.uniform(-9, 9) * normal(random)),
  }));
  return { rows, stages, isPerFrame };
}

async function format(table: FeatureTable, name: string): Promise<{ path: string; bytes: Buffer }[]> {
  const files = (await formatOf(name))(table, name);
  return files.map(({ path, pieces }) => ({ path, bytes: Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece))) }));
}

const keysOf = ({ item: { path, split, label = '' }, frame }: EncodedRow): string[] => [path, split, label, ...(frame ? [String(frame.number), String(frame.timeS)] : [])];

for (const isPerFrame of [false, true]) {
  const keys = ['path', 'split', 'label', ...(isPerFrame ? ['frame', 'time_s'] : [])];
  const what = isPerFrame ? 'frames' : 'items';

  test(`comma-separated values hold the very float32 numbers of ${what}`, async (t) => {
    const table = createTable(isPerFrame);
    const [file, ...others] = await format(table, 'F.csv');
    const [header, ...lines] = parseCsv(file!.bytes.toString(), 'F.csv').map(({ fields }) => fields);
    t.deepEqual([others.length, header], [0, [...keys, ...NAMES]]);
    t.deepEqual(lines.map((fields) => fields.slice(0, keys.length)), table.rows.map(keysOf));
    t.deepEqual(lines.map((fields) => Float32Array.from(fields.slice(keys.length), Number)), table.rows.map(({ numbers }) => numbers));
  });

  test(`an array of NumPy holds the numbers of ${what} in rows, and a file beside it their names`, async (t) => {
    const table = createTable(isPerFrame);
    const [array, names] = await format(table, 'F.npy');
    t.is(names!.path, 'F.rows.csv');
    t.deepEqual(parseCsv(names!.bytes.toString(), 'rows').map(({ fields }) => fields), [keys, ...table.rows.map(keysOf)]);
    const { bytes } = array!;
    t.is(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
    const start = 10 + bytes.readUInt16LE(8);
    t.is(start % 64, 0);
    t.regex(bytes.toString('latin1', 10, start), /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 5\), \} *\n$/);
    t.is(bytes.length, start + 3 * 5 * 4);
    t.deepEqual(Array.from({ length: 15 }, (_, i) => bytes.readFloatLE(start + 4 * i)), table.rows.flatMap(({ numbers }) => [...numbers]));
  });

  test(`a Parquet file holds ${what} by columns`, async (t) => {
    const table = createTable(isPerFrame);
    const { bytes } = (await format(table, 'F.PARQUET'))[0]!;
    const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer });
    t.deepEqual(rows, table.rows.map(({ item: { path, split, label = null }, frame, numbers }) => ({
      path, split, label, ...(frame && { frame: frame.number, time_s: frame.timeS }), ...Object.fromEntries(NAMES.map((name, d) => [name, numbers[d]])),
    })));
  });
}

test('a float32 is written as the shortest decimal that gives it back', (t) => {
  t.deepEqual([0.1, 1 / 3, 16777216, 1.17549435e-38, -0, 3e38].map((value) => formatFloat(Math.fround(value))), ['0.1', '0.33333334', '16777216', '1.1754944e-38', '0', '3e+38']);
});
