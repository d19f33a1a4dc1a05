// Whether the files that a decode read are still those that were opened: another worker with the same folder may have removed one to make room.

import { stat } from 'node:fs/promises';
import type { ItemFile } from '../data/item-files.js';

export interface OpenedFiles {
  /** Path on this machine. */
  readonly open: (file: ItemFile) => Promise<string>;
  /** False when one of them is gone, or was put there anew. */
  areThere(): Promise<boolean>;
}

export function createOpenedFiles(openItem: OpenedFiles['open']): OpenedFiles {
  const marks: { readonly path: string; readonly mark: string | undefined }[] = [];
  return {
    open: async (file) => {
      const path = await openItem(file);
      marks.push({ path, mark: await markOf(path) });
      return path;
    },
    areThere: async () => {
      const now = await Promise.all(marks.map(({ path }) => markOf(path)));
      return marks.every(({ mark }, i) => mark !== undefined && mark === now[i]);
    },
  };
}

async function markOf(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && `${stats.ino} ${stats.ctimeMs}`;
}
