// Serves a dataset's files by their number in the manifest, with byte ranges, to workers that have no copy.

import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Item } from '../../shared/datasets/dataset.js';
import { locateFile, type LocatedFile } from '../../shared/datasets/locate-file.js';

/** `bytes=start-end`, `bytes=start-` or `bytes=-suffix` within a size; undefined when the file has no byte of it. */
export function parseRange(header: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : undefined;
}

async function locate(root: string, { path }: Item): Promise<LocatedFile | undefined> {
  const base = await realpath(root).catch(() => undefined);
  return base === undefined ? undefined : locateFile(base, path);
}

/** Answers with an item's file. 404 for what is not a file inside the root that can be read. */
export async function serveItem(request: IncomingMessage, response: ServerResponse, root: string, item: Item): Promise<void> {
  const file = await locate(root, item);
  if (file === undefined) {
    response.writeHead(404).end();
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
