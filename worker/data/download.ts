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
  /** So long nothing may come. Default 15 seconds. */
  readonly stallMs?: number;
}

export interface Wanted {
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
  /** Where it is not the item's own file. */
  readonly part?: 'mask' | undefined;
}

const GONE = 404;
const CHANGED = 409;
const STALL_MS = 15_000;

/** Writes an item's file to `path`, at most as many bytes as it has. Throws PretextError DATA_MISSING, DATA_CHANGED, UNREACHABLE, ... */
export async function download(from: DownloadFrom, wanted: Wanted, path: string, signal: AbortSignal): Promise<void> {
  const stall = watchForStalls(wanted.path, from.stallMs ?? STALL_MS);
  try {
    await fetchInto(from, wanted, path, { signal: AbortSignal.any([signal, stall.signal]), onBytes: stall.reset });
  } catch (error) {
    // Streams say only that they were aborted.
    throw stall.signal.aborted && !signal.aborted ? stall.signal.reason : error;
  } finally {
    stall.stop();
  }
}

interface Watched {
  readonly signal: AbortSignal;
  /** Something came. */
  onBytes(): void;
}

async function fetchInto(from: DownloadFrom, { index, path: itemPath, bytes, part }: Wanted, path: string, { signal, onBytes }: Watched): Promise<void> {
  const response = await request(from, `/data/${from.stage}/${index}${part === undefined ? '' : `/${part}`}`, { statuses: [GONE, CHANGED], signal });
  if (response.status === GONE || response.status === CHANGED) {
    await response.body?.cancel();
    if (response.status === CHANGED) throw new PretextError('DATA_CHANGED', `The coordinator's file of "${itemPath}" is not the one that was listed.`);
    throw new PretextError('DATA_MISSING', `The coordinator no longer has the file of "${itemPath}".`);
  }
  await pipeline(Readable.fromWeb(response.body!), (chunks) => limitBytes(chunks as AsyncIterable<Uint8Array>, { bytes, path: itemPath }, onBytes), createWriteStream(path), { signal });
}

interface StallWatch {
  /** Aborts with UNREACHABLE, which another try may cure. */
  readonly signal: AbortSignal;
  reset(): void;
  stop(): void;
}

/** A connection that is open and silent would hold up a worker, and with it the run, for as long as the system keeps it. */
function watchForStalls(itemPath: string, stallMs: number): StallWatch {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new PretextError('UNREACHABLE', `nothing more came of "${itemPath}" for ${stallMs / 1000} seconds.`)), stallMs);
  return { signal: stall.signal, reset: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}

/** A coordinator that sends more than it listed must not fill the disk. */
async function* limitBytes(chunks: AsyncIterable<Uint8Array>, { bytes, path }: Pick<Wanted, 'bytes' | 'path'>, onBytes: () => void): AsyncGenerator<Uint8Array> {
  let numBytes = 0;
  for await (const chunk of chunks) {
    onBytes();
    numBytes += chunk.length;
    if (numBytes > bytes) throw new PretextError('DATA_CHANGED', `The coordinator's file of "${path}" is larger than the one that was listed.`);
    yield chunk;
  }
}
