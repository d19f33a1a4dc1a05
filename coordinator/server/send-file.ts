// Sends a file or a part of it: ranges, and a part only of the very file that the asker has the beginning of.

import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface SentFile {
  readonly path: string;
  readonly bytes: number;
  readonly contentType?: string;
  /** What names this content and no other, without quotes. */
  readonly tag?: string;
  /** What a browser should save it as; of characters that need no quoting. */
  readonly saveAs?: string;
}

/** `bytes=start-end`, `bytes=start-` or `bytes=-suffix` within a size; undefined when the file has no byte of it. */
export function parseRange(header: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : undefined;
}

/** Where the asker has another file than this one it gets the whole, as HTTP has it. */
function wantedRange({ headers }: IncomingMessage, tag: string | undefined): string | undefined {
  const { 'if-range': ifRange, range } = headers;
  return ifRange === undefined || (tag !== undefined && ifRange === `"${tag}"`) ? range : undefined;
}

/** Answers GET and HEAD. */
export function sendFile(request: IncomingMessage, response: ServerResponse, { path, bytes, contentType = 'application/octet-stream', tag, saveAs }: SentFile): void {
  const range = wantedRange(request, tag);
  const part = range === undefined ? { start: 0, end: bytes - 1 } : parseRange(range, bytes);
  if (!part) return void response.writeHead(416, { 'content-range': `bytes */${bytes}` }).end();
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': part.end - part.start + 1,
    'accept-ranges': 'bytes',
    'content-type': contentType,
    ...(tag === undefined ? {} : { etag: `"${tag}"` }),
    ...(saveAs === undefined ? {} : { 'content-disposition': `attachment; filename="${saveAs}"` }),
    ...(range === undefined ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${bytes}` }),
  });
  if (request.method === 'HEAD' || bytes === 0) return void response.end();
  const stream = createReadStream(path, part);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
