// labels.csv: what it says of files before they are opened, their split, label and group.

import { posix } from 'node:path';
import { PretextError } from '../errors/pretext-error.js';
import { parseCsv } from './csv.js';
import type { Item, LinkPolicy } from './dataset.js';
import { readRootText } from './read-root-text.js';
import { SPLIT_NAMES, splitOf } from './split-names.js';

export const LABELS_FILE = 'labels.csv';

/** `split` is absent where the data does not say; the holdout decides then (split.ts). */
export interface Annotation {
  readonly split?: Item['split'];
  readonly label?: string;
  readonly group?: string;
}

/** By path relative to the root, forward slashes, as `keyOf` writes it. */
export type Annotations = ReadonlyMap<string, Annotation>;

const MAX_QUOTED = 80;

/** One spelling of a path: systems write accents in two ways. */
export function keyOf(path: string): string {
  return path.normalize('NFC');
}

/** The key of a path as people write it: with slashes of either kind. */
const keyOfWritten = (written: string): string => keyOf(posix.normalize(written.replaceAll('\\', '/')));

/** A key from the root on, also where it began at the root of the disk. */
export function cutRoot(key: string, root: string): string {
  const above = `${keyOf(root)}/`;
  return key.startsWith(above) ? key.slice(above.length) : key;
}

/** The key of a path as people write it, from the root on or from the root of the disk. */
export const keyBelow = (written: string, root: string): string => cutRoot(keyOfWritten(written), root);

/**
 * Reads labels.csv at the root: a header naming `path` and any of `label`, `split` (train, val, test, ...), `group`; other
 * columns are ignored. Resolves to undefined where there is none. Throws PretextError BAD_ARGUMENT where it cannot be read, naming
 * the line where that is at fault.
 */
export async function readLabels(root: string, links?: LinkPolicy): Promise<Annotations | undefined> {
  const text = await readRootText({ root, name: LABELS_FILE, links, hint: 'It says which file is what; put a readable file there, or remove it.' });
  return text === undefined ? undefined : parseLabels(text);
}

/** The annotations of the text of a labels.csv. Throws as `readLabels` does. */
export function parseLabels(text: string): Annotations {
  const [header, ...rows] = parseCsv(text, LABELS_FILE);
  const columns = new Map(header?.fields.map((name, index) => [name.trim().toLowerCase(), index]));
  if (!columns.has('path')) {
    const given = (header?.fields.join(',') ?? '').slice(0, MAX_QUOTED);
    throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} must begin with a line naming its columns, commas between them: path,label,split,group (path is required); got "${given}".`);
  }
  const annotations = new Map<string, Annotation>();
  for (const { line, fields } of rows) {
    const read = (name: string): string => fields[columns.get(name) ?? -1]?.trim() ?? '';
    const path = keyOfWritten(read('path'));
    if (annotations.has(path)) throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} line ${line}: "${path}" is listed twice.`);
    annotations.set(path, readAnnotation(read, line));
  }
  return annotations;
}

function readAnnotation(read: (column: string) => string, line: number): Annotation {
  const split = readSplit(read('split'), line);
  const label = read('label');
  const group = read('group');
  return { ...(split && { split }), ...(label && { label }), ...(group && { group }) };
}

function readSplit(text: string, line: number): Item['split'] | undefined {
  if (text === '') return undefined;
  const split = splitOf(text);
  if (split) return split;
  throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} line ${line}: split must be one of ${SPLIT_NAMES.join(', ')}, or empty; got "${text.slice(0, MAX_QUOTED)}".`);
}
