// Items of single files and of folders, as a user names them.

import { stat } from 'node:fs/promises';
import { join, parse, relative, resolve } from 'node:path';
import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import { extensionOf, extensions } from '../../shared/datasets/extensions.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { probePicture } from '../../shared/datasets/image-folder.js';
import { probeVideo } from '../../shared/datasets/probe-video.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { findItems, type FoundItems } from './find-items.js';

/** Items of one folder, or of several files and folders. */
export interface NamedItems extends FoundItems {
  /** An item's path as people know it: below the one folder, else beginning with what was named. */
  nameOf(item: Item): string;
}

/** Throws PretextError NOT_FOUND for a path where nothing is, and as listings do. */
export async function findFiles(opened: OpenedCheckpoint, paths: readonly string[], signal: AbortSignal): Promise<NamedItems> {
  const [only] = paths;
  if (paths.length === 1 && (await isFolder(only!))) return { ...(await findItems(opened, { folder: only, signal })), nameOf: ({ path }) => path };
  const [top, names] = [parse(resolve('.')).root, new Map<number, string>()];
  const items: Item[] = [];
  const rejected: RejectedItem[] = [];
  const add = (item: Item, file: string, name: string): void => {
    names.set(items.length, name);
    items.push({ ...item, path: relative(top, resolve(file)), index: items.length });
  };
  for (const path of paths) {
    if (await isFolder(path)) {
      const found = await findItems(opened, { folder: path, signal });
      for (const item of found.items) add(item, join(path, item.path), join(path, item.path));
      rejected.push(...found.rejected.map((each) => ({ ...each, path: join(path, each.path) })));
    } else {
      const probed = await probeFile(path, signal);
      if ('reason' in probed) rejected.push(probed);
      else add(probed, path, path);
    }
  }
  if (items.length === 0) throwUnusable(rejected);
  // Files of any place, by the folder that all of them lie in. They were named one by one, so that links lead where they may.
  const source = items.some(({ kind }) => kind === 'video') ? 'video-folder' : 'image-folder';
  return { data: { ...opened.recipe.data, root: top, links: 'all', source }, items, rejected, nameOf: ({ index }) => names.get(index)! };
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new PretextError('NOT_FOUND', `expected a folder or a file, but "${path}" is not there.`, { cause });
  });
  return stats.isDirectory();
}

/** Its kind by the ending of its name. */
async function probeFile(path: string, signal: AbortSignal): Promise<Item | RejectedItem> {
  const ending = extensionOf(path);
  const kind = (['image', 'video'] as const).find((each) => extensions[each].has(ending));
  try {
    if (!kind) throw new PretextError('DECODE_FAILED', `"${ending}" is no ending of images or videos.`);
    const { size: bytes } = await stat(path);
    if (bytes === 0) throw new PretextError('DECODE_FAILED', 'The file is empty (0 bytes).');
    const probed = kind === 'image' ? await probePicture(path) : await probeVideo(path, { ffprobe: (await locateFfmpeg()).ffprobe, signal });
    return { index: 0, path, kind, bytes, split: 'test', ...probed };
  } catch (error) {
    if (signal.aborted) throw new PretextError('CANCELLED', 'It was stopped.');
    return { path, code: error instanceof PretextError ? error.code : 'DECODE_FAILED', reason: messageOf(error) };
  }
}

function throwUnusable(rejected: readonly RejectedItem[]): never {
  const { path, reason } = rejected.at(-1)!;
  throw new PretextError('DATA_UNUSABLE', `None of the ${rejected.length} files can be used, the last ("${path}") because: ${reason}`);
}
