// The formats of a table of features, by the ending of its file's name. Each is loaded when it is asked for.

import { extname } from 'node:path';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { FormatTable } from './table.js';

const formats = {
  '.csv': async () => (await import('./csv.js')).formatAsCsv,
  '.npy': async () => (await import('./npy.js')).formatAsNpy,
  '.parquet': async () => (await import('./parquet.js')).formatAsParquet,
} satisfies Record<string, () => Promise<FormatTable>>;

/** Throws PretextError BAD_ARGUMENT for a name of another ending. */
export async function formatOf(path: string): Promise<FormatTable> {
  const ending = extname(path).toLowerCase();
  if (Object.hasOwn(formats, ending)) return formats[ending as keyof typeof formats]();
  throw new PretextError('BAD_ARGUMENT', `--out: expected a name that ends in ${Object.keys(formats).join(', ')}, given "${path}".`);
}
