// Reads the flags that say what a worker takes of its machine for reading data.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Resources } from '../../worker/data/resources.js';
import type { ResourceFlags } from '../commands/options.js';

export function readResources({ decodes, augmentThreads, frameCache, fileCache }: ResourceFlags): Partial<Resources> {
  return dropUndefined({ decodes, augmentThreads, frameCacheBytes: frameCache, fileCacheBytes: fileCache });
}
