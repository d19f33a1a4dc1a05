// Features as an array of NumPy (format 1.0, float32, C order), and beside it the rows' names as comma-separated values.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { formatCsvRow } from '../format/csv.js';
import { keysOf, nameKeys, type FeatureTable, type FormatTable } from './table.js';

const MAGIC = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0]);
const LENGTH_BYTES = 2;
const ALIGNMENT = 64;

/** All before the numbers, of a length that is a multiple of 64. */
function encodeHeader(numRows: number, numColumns: number): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${numRows}, ${numColumns}), }`;
  const before = MAGIC.length + LENGTH_BYTES;
  const whole = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(whole, ' ');
  MAGIC.copy(header);
  header.writeUInt16LE(whole - before, MAGIC.length);
  header.write(text, before, 'latin1');
  header.write('\n', whole - 1, 'latin1');
  return header;
}

function* writeNumbers({ rows, stages }: FeatureTable): Generator<Uint8Array> {
  yield encodeHeader(rows.length, stages.reduce((sum, { channels }) => sum + channels, 0));
  for (const { numbers } of rows) yield new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function* writeKeys(table: FeatureTable): Generator<string> {
  yield formatCsvRow(nameKeys(table));
  for (const row of table.rows) yield formatCsvRow(keysOf(row));
}

export const formatAsNpy: FormatTable = (table, path) => [
  { path, pieces: writeNumbers(table) },
  { path: path.replace(/\.npy$/i, '.rows.csv'), pieces: writeKeys(table) },
];
