// Every kind of data source. Adding one is a file, a line here and one in kinds.ts.

import { PretextError } from '../errors/pretext-error.js';
import type { DatasetSource } from './dataset.js';
import { imageFolder } from './image-folder.js';
import type { SourceName } from './kinds.js';
import { videoFolder } from './video-folder.js';

export const sources = {
  'video-folder': videoFolder,
  'image-folder': imageFolder,
} satisfies Record<SourceName, DatasetSource>;

/**
 * The source that finds most files of its kind under `root`; where two find as many, the first one in the registry.
 * Throws PretextError DATA_MISSING where there is no such folder, DATA_EMPTY where no source finds anything.
 */
export async function detectSource(root: string): Promise<SourceName> {
  const names = Object.keys(sources) as SourceName[];
  const counts = await Promise.all(names.map((name) => sources[name].recognises(root)));
  const most = Math.max(...counts);
  if (most > 0) return names[counts.indexOf(most)]!;
  throw new PretextError('DATA_EMPTY', `The data folder "${root}" has no video and no image in it.`, {
    hint: 'Put videos (mp4, mov, mkv, webm, avi, ...) or images (jpg, png, webp, ...) into it, in folders by class if they have classes.',
  });
}
