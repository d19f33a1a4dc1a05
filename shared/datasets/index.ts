// Every kind of data source. Adding one is a file, a line here and one in kinds.ts.

import { PretextError } from '../errors/pretext-error.js';
import type { DatasetSource } from './dataset.js';
import { extensionOf, extensions } from './extensions.js';
import { walkListed, type WalkOptions } from './file-list.js';
import { imageFolder } from './image-folder.js';
import { sourceKinds, type SourceName } from './kinds.js';
import { videoFolder } from './video-folder.js';
import { nameSome } from './name-some.js';
import type { Walk } from './walk.js';

export const sources = {
  'video-folder': videoFolder,
  'image-folder': imageFolder,
} satisfies Record<SourceName, DatasetSource>;

/**
 * The source that finds most files of its kind under `root`; where two find as many, the first one in the registry.
 * Throws PretextError DATA_MISSING where there is no such folder, DATA_EMPTY where no source finds anything.
 */
export async function detectSource(root: string, options: WalkOptions = {}): Promise<SourceName> {
  const names = Object.keys(sources) as SourceName[];
  const walk = await walkListed(root, options);
  const counts = names.map((name) => walk.paths.filter((path) => extensions[sourceKinds[name]].has(extensionOf(path))).length);
  const most = Math.max(...counts);
  if (most > 0) return names[counts.indexOf(most)]!;
  throw new PretextError('DATA_EMPTY', `The data folder "${root}" has no video and no image in it${describeRest(walk)}.`, {
    hint: walk.numOutside > 0 ? 'Follow the links by --set data.links=all, or give the folder that they lead to.'
      : 'Put videos (mp4, mov, mkv, webm, avi, ...) or images (jpg, png, webp, ...) into it, in folders by class if they have classes.',
  });
}

/** What there is instead. */
function describeRest({ paths, numOutside }: Walk): string {
  const kinds = [...new Set(paths.map((path) => extensionOf(path)))].sort().map((extension) => (extension === '' ? 'without an extension' : `.${extension}`));
  const rest = [
    ...(numOutside > 0 ? [`${numOutside} links that lead out of it`] : []),
    ...(paths.length > 0 ? [`${paths.length} other files (${nameSome(kinds)})`] : []),
  ];
  return rest.length === 0 ? '' : `, but ${rest.join(' and ')}`;
}
