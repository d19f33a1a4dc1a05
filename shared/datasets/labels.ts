// What is known of a file before it is opened: its split, label and group, from labels.csv or from the folders it lies in.

import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { PretextError } from '../errors/pretext-error.js';
import { parseCsv } from './csv.js';
import type { Item } from './dataset.js';

export const LABELS_FILE = 'labels.csv';

/** `split` is absent where the data does not say; the holdout decides then (split.ts). */
export interface Annotation {
  readonly split?: Item['split'];
  readonly label?: string;
  readonly group?: string;
}

/** By path relative to the root, forward slashes. */
export type Annotations = ReadonlyMap<string, Annotation>;

const SPLITS: Readonly<Record<string, Item['split']>> = { train: 'train', val: 'test', test: 'test' };

/**
 * Reads labels.csv at the root: a header naming `path` and any of `label`, `split` (train, val, test), `group`; other
 * columns are ignored. Resolves to undefined where there is none. Throws PretextError BAD_ARGUMENT naming the line.
 */
export async function readLabels(root: string): Promise<Annotations | undefined> {
  const text = await readFile(join(root, LABELS_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseLabels(text);
}

/** The annotations of the text of a labels.csv. Throws as `readLabels` does. */
export function parseLabels(text: string): Annotations {
  const [header, ...rows] = parseCsv(text);
  const columns = new Map(header?.fields.map((name, index) => [name.trim().toLowerCase(), index]));
  if (!columns.has('path')) {
    throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} must begin with a line naming its columns: path,label,split,group (path is required); got "${header?.fields.join(',') ?? ''}".`);
  }
  const annotations = new Map<string, Annotation>();
  for (const { line, fields } of rows) {
    const read = (name: string): string => fields[columns.get(name) ?? -1]?.trim() ?? '';
    const path = posix.normalize(read('path').replaceAll('\\', '/'));
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
  const split = SPLITS[text];
  if (split) return split;
  throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} line ${line}: split must be train, val or test, or empty; got "${text}".`);
}

/** What the folders say: `train/dog/1.mp4` and `dog/1.mp4` are both a dog, the first one for training. */
export function annotateByFolder(path: string): Annotation {
  const folders = path.split('/').slice(0, -1);
  const split = SPLITS[folders[0] ?? ''];
  const label = folders[split ? 1 : 0];
  return { ...(split && { split }), ...(label && { label }) };
}
