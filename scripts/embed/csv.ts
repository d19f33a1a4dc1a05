// Features as comma-separated values: a header, then a row each.

import { formatCsvRow, formatFloat } from '../format/csv.js';
import { keysOf, nameKeys, nameNumbers, type FeatureTable, type FormatTable } from './table.js';

function* writeLines(table: FeatureTable): Generator<string> {
  yield formatCsvRow([...nameKeys(table), ...nameNumbers(table)]);
  for (const row of table.rows) yield formatCsvRow([...keysOf(row), ...Array.from(row.numbers, formatFloat)]);
}

export const formatAsCsv: FormatTable = (table, path) => [{ path, pieces: writeLines(table) }];
