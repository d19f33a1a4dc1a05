// Serves a dataset's files by their number in the manifest, with byte ranges, to workers that have no copy.

import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isUnchanged } from '../../shared/datasets/content-hash.js';
import type { Item, LinkPolicy } from '../../shared/datasets/dataset.js';
import { locateFile, type LocatedFile } from '../../shared/datasets/locate-file.js';
import { sendFile } from './send-file.js';

export interface ServedItem {
  /** The folder that the item's path begins in. */
  readonly root: string;
  readonly item: Item;
  /** Default: inside. */
  readonly links?: LinkPolicy;
}

async function locate({ root, item: { path }, links }: ServedItem): Promise<LocatedFile | undefined> {
  const base = await realpath(root).catch(() => undefined);
  return base === undefined ? undefined : locateFile(base, path, links);
}

/** Answers with an item's file. 404 for what is not a file inside the root that can be read, 409 for one that has changed. */
export async function serveItem(request: IncomingMessage, response: ServerResponse, served: ServedItem): Promise<void> {
  const file = await locate(served);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  if (!(await isUnchanged(file, served.item))) {
    response.writeHead(409).end();
    return;
  }
  sendFile(request, response, file);
}
