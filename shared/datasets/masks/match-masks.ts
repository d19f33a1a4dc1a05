// Which pictures are masks of others: `1.mask.png` beside `1.jpg`, or `masks/1.png` where there is `1.jpg` or `images/1.jpg`. Pure.

import type { RejectedItem } from '../dataset.js';

export interface MatchedMasks {
  /** Those that are no masks. */
  readonly pictures: readonly string[];
  /** Path of the mask by that of its picture. */
  readonly maskOf: ReadonlyMap<string, string>;
  /** Masks of no picture. */
  readonly orphans: readonly RejectedItem[];
}

const BESIDE = /\.mask\.png$/i;
const FOLDER = 'masks';
const PICTURES = 'images';

const withoutExtension = (path: string): string => path.replace(/\.[^./]*$/, '');

/** Where its picture may lie, without an extension; empty where it can be no mask. */
function placesOf(path: string): string[] {
  if (BESIDE.test(path)) return [path.replace(BESIDE, '')];
  const parts = path.split('/');
  const at = parts.lastIndexOf(FOLDER, parts.length - 2);
  if (at < 0 || !/\.png$/i.test(path)) return [];
  return [[PICTURES], []].map((folder) => withoutExtension([...parts.slice(0, at), ...folder, ...parts.slice(at + 1)].join('/')));
}

/** The folder `masks` that a path lies in. */
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf(`${FOLDER}/`));

/** A folder `masks` none of whose files is a mask is a folder as others are: of pictures of masks, perhaps. */
export function matchMasks(paths: readonly string[]): MatchedMasks {
  const candidates = new Map(paths.map((path) => [path, placesOf(path)] as const).filter(([, places]) => places.length > 0));
  const known = new Map(paths.filter((path) => !candidates.has(path)).reverse().map((path) => [withoutExtension(path), path]));
  const pictureOf = (path: string): string | undefined => candidates.get(path)!.map((place) => known.get(place)).find((each) => each !== undefined);
  const matched = [...candidates.keys()].flatMap((mask) => {
    const picture = pictureOf(mask);
    return picture === undefined ? [] : [{ mask, picture }];
  });
  const folders = new Set(matched.filter(({ mask }) => !BESIDE.test(mask)).map(({ mask }) => folderOf(mask)));
  // Masks beside their pictures come last and count.
  const maskOf = new Map([...matched].sort((a, b) => Number(BESIDE.test(a.mask)) - Number(BESIDE.test(b.mask))).map(({ mask, picture }) => [picture, mask]));
  const used = new Set(maskOf.values());
  const left = [...candidates.keys()].filter((path) => !used.has(path) && (BESIDE.test(path) || folders.has(folderOf(path))));
  const isMask = new Set([...used, ...left]);
  return {
    pictures: paths.filter((path) => !isMask.has(path)), maskOf,
    orphans: left.map((path) => ({ path, code: 'NOT_FOUND', reason: pictureOf(path) === undefined ? 'It is a mask, and there is no picture of its name.' : 'Its picture has another mask, beside it.' })),
  };
}
