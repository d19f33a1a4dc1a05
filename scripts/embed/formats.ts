// The formats of a table of features, by the ending of its file's name. Each is loaded when it is asked for.

import { extname } from 'node:path';
import type { FormatTable } from './table.js';

const formats = {
  '.csv': async () => (await import('./csv.js')).formatAsCsv,
  '.npy': async () => (await import('./npy.js')).formatAsNpy,
  '.parquet': async () => (await import('./parquet.js')).formatAsParquet,
} satisfies Record<string, () => Promise<FormatTable>>;

/** Of names of files, in lower case. */
export const endings = Object.keys(formats);

/** Of a file whose name has one of the endings. */
export const formatOf = (path: string): Promise<FormatTable> => formats[extname(path).toLowerCase() as keyof typeof formats]();
