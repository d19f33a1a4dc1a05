// One file of a dataset from the coordinator to a place on disk.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { request } from '../../shared/client/request.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

export interface DownloadFrom extends Endpoint {
  /** Stage of the run whose items they are. */
  readonly stage: number;
}

export interface Wanted {
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
}

const GONE = 404;
const CHANGED = 409;

/** Writes an item's file to `path`, at most as many bytes as it has. Throws PretextError DATA_MISSING, DATA_CHANGED, UNREACHABLE, ... */
export async function download(from: DownloadFrom, { index, path: itemPath, bytes }: Wanted, path: string, signal: AbortSignal): Promise<void> {
  const response = await request(from, `/data/${from.stage}/${index}`, { statuses: [GONE, CHANGED], signal });
  if (response.status === GONE || response.status === CHANGED) {
    await response.body?.cancel();
    if (response.status === CHANGED) throw new PretextError('DATA_CHANGED', `The coordinator's file of "${itemPath}" is not the one that was listed.`);
    throw new PretextError('DATA_MISSING', `The coordinator no longer has the file of "${itemPath}".`);
  }
  await pipeline(Readable.fromWeb(response.body!), (chunks) => limitBytes(chunks as AsyncIterable<Uint8Array>, bytes, itemPath), createWriteStream(path), { signal });
}

/** A coordinator that sends more than it listed must not fill the disk. */
async function* limitBytes(chunks: AsyncIterable<Uint8Array>, maxBytes: number, itemPath: string): AsyncGenerator<Uint8Array> {
  let numBytes = 0;
  for await (const chunk of chunks) {
    numBytes += chunk.length;
    if (numBytes > maxBytes) throw new PretextError('DATA_CHANGED', `The coordinator's file of "${itemPath}" is larger than the one that was listed.`);
    yield chunk;
  }
}
