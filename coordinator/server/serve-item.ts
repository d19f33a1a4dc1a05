// Serves a dataset's files by their number in the manifest, with byte ranges, to workers that have no copy.

import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isUnchanged } from '../../shared/datasets/content-hash.js';
import type { Item, LinkPolicy } from '../../shared/datasets/dataset.js';
import { locateFile, type LocatedFile } from '../../shared/datasets/locate-file.js';

export interface ServedItem {
  /** The folder that the item's path begins in. */
  readonly root: string;
  readonly item: Item;
  /** Default: inside. */
  readonly links?: LinkPolicy;
}

/** `bytes=start-end`, `bytes=start-` or `bytes=-suffix` within a size; undefined when the file has no byte of it. */
export function parseRange(header: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : undefined;
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
  const { path, bytes: size } = file;
  const { range } = request.headers;
  const part = range === undefined ? { start: 0, end: size - 1 } : parseRange(range, size);
  if (!part) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': part.end - part.start + 1,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    ...(range === undefined ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const stream = createReadStream(path, part);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
