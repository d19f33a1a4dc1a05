// Features as a Parquet file: a column for each number.

import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { nameNumbers, type FeatureTable, type FormatTable } from './table.js';

function toColumns(table: FeatureTable): ColumnSource[] {
  const { rows, isPerFrame } = table;
  const items = rows.map(({ item }) => item);
  const frames = rows.map(({ frame }) => frame!);
  return [
    { name: 'path', type: 'STRING', nullable: false, data: items.map(({ path }) => path) },
    { name: 'split', type: 'STRING', nullable: false, data: items.map(({ split }) => split) },
    { name: 'label', type: 'STRING', nullable: true, data: items.map(({ label }) => label ?? null) },
    ...(isPerFrame ? [
      { name: 'frame', type: 'INT32', nullable: false, data: frames.map(({ number }) => number) },
      { name: 'time_s', type: 'DOUBLE', nullable: false, data: frames.map(({ timeS }) => timeS) },
    ] satisfies ColumnSource[] : []),
    ...nameNumbers(table).map((name, d): ColumnSource => ({ name, type: 'FLOAT', nullable: false, encoding: 'PLAIN', data: Float32Array.from(rows, ({ numbers }) => numbers[d]!) })),
  ];
}

export const formatAsParquet: FormatTable = (table, path) => [{ path, pieces: [new Uint8Array(parquetWriteBuffer({ columnData: toColumns(table) }))] }];
