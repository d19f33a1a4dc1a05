// A mask as it is listed: of the size of its picture, of classes that there are, and how many pixels each has.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PretextError } from '../../errors/pretext-error.js';
import { hashContent } from '../content-hash.js';
import type { Item, LinkPolicy, MaskFile } from '../dataset.js';
import { readRootText } from '../read-root-text.js';
import { UNKNOWN_PIXEL } from './mask-classes.js';
import { readNumbers } from './png.js';

/** File of the names of classes, at the root, one a line. */
export const CLASSES_FILE = 'classes.txt';

/** The names of the classes in the order of their numbers; undefined where there is no file. Throws PretextError BAD_ARGUMENT where it cannot be used. */
export async function readClassNames(root: string, links?: LinkPolicy): Promise<readonly string[] | undefined> {
  const text = await readRootText({ root, name: CLASSES_FILE, links, hint: 'It names the classes of masks; put a readable file there, or remove it.' });
  if (text === undefined) return undefined;
  const names = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/).map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  const odd = names.findIndex((name, line) => name === '' || names.indexOf(name) < line);
  if (odd < 0 && names.length <= UNKNOWN_PIXEL) return names;
  throw new PretextError('BAD_ARGUMENT', odd < 0 ? `${CLASSES_FILE} names ${names.length} classes, expected at most ${UNKNOWN_PIXEL}.`
    : `${CLASSES_FILE} line ${odd + 1}: expected another name of a class on each line, got "${names[odd]!}".`);
}

/** Pixels of each value. */
function countPixels(values: Uint8Array): Record<string, number> {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value]! += 1;
  return Object.fromEntries([...counts].flatMap((count, value) => (count > 0 ? [[String(value), count]] : [])));
}

export interface MaskOf {
  readonly root: string;
  readonly path: string;
  /** Of its picture, as it is shown. */
  readonly size: Pick<Item, 'width' | 'height'>;
  readonly classes: readonly string[] | undefined;
}

/** Throws PretextError DECODE_FAILED or DECODE_LIMIT where the mask cannot be used, with the reason. */
export async function readMask({ root, path, size, classes }: MaskOf): Promise<MaskFile> {
  const absolute = join(root, path);
  const { mtimeMs: modifiedMs } = await stat(absolute);
  const { values, width, height } = readNumbers(await readFile(absolute));
  if (width !== size.width || height !== size.height) {
    throw new PretextError('DECODE_FAILED', `It is a mask of ${width}x${height} pixels, and its picture has ${size.width}x${size.height}.`);
  }
  const pixels = countPixels(values);
  const unknown = Object.keys(pixels).filter((value) => classes && Number(value) >= classes.length && Number(value) !== UNKNOWN_PIXEL);
  if (unknown.length > 0) {
    throw new PretextError('DECODE_FAILED', `It is a mask with the value ${unknown.slice(0, 5).join(', ')}, and ${CLASSES_FILE} names the classes 0 to ${classes!.length - 1}; ${UNKNOWN_PIXEL} stands for unknown.`);
  }
  const { bytes, hash } = await hashContent(absolute);
  return { path, bytes, content: hash, modifiedMs, pixels };
}
