// Where an item's file is on this machine: in a folder that has a copy of the dataset, or fetched from the coordinator into a
// bounded cache on disk.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';

/** What is needed of an item to open it. */
export interface ItemFile {
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
}

export interface ItemFiles {
  /** Path on this machine. Throws PretextError DATA_MISSING when the item is not there, NOT_FOUND without the folder, UNREACHABLE when it cannot be fetched. */
  readonly open: (item: ItemFile) => Promise<string>;
  dispose(): Promise<void>;
}

/**
 * Items below a folder. A path that leaves the folder, links followed, is refused. With `openElsewhere`, an item that is not
 * there, or not of its size, is opened by it: what a worker computes must not depend on how whole its copy is.
 */
export function createLocalFiles(root: string, openElsewhere?: ItemFiles['open']): ItemFiles {
  return {
    open: async (item) => {
      const base = await realpath(root).catch((cause: unknown) => {
        throw new PretextError('NOT_FOUND', `The data folder "${root}" cannot be read.`, { hint: 'Give another one by --data.', cause });
      });
      const path = await realpath(join(base, item.path)).catch(() => undefined);
      const isInside = path?.startsWith(base + sep) === true;
      if (openElsewhere && !(isInside && (await stat(path)).size === item.bytes)) return openElsewhere(item);
      if (isInside) return path;
      throw new PretextError('DATA_MISSING', `"${item.path}" is not in the data folder "${root}".`, {
        hint: 'Give the folder that the run\'s manifest was made of by --data.',
      });
    },
    dispose: async () => {},
  };
}

export interface FetchOptions {
  readonly url: URL;
  /** Stage of the run whose items they are. */
  readonly stage: number;
  readonly token?: string;
  /** Folder to keep files in; without it a temporary one that `dispose` removes. */
  readonly folder?: string;
  readonly maxBytes: number;
}

const TRIES = 4;
const RETRY_MS = 500;
/** The files opened last are never removed: somebody may be about to read them. */
const NUM_SAFE_FILES = 32;

/** Items fetched from the coordinator as they are needed, each once, the least recently used removed when there is no room. */
export async function createFetchedFiles(options: FetchOptions): Promise<ItemFiles> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'pretext-data-')));
  await mkdir(folder, { recursive: true });
  const files = new Map<string, { bytes: number; ready: Promise<string> }>();
  const disposal = new AbortController();

  function makeRoom(): void {
    let total = [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [name, { bytes }] of [...files].slice(0, -NUM_SAFE_FILES)) {
      if (total <= options.maxBytes) return;
      total -= bytes;
      files.delete(name);
      void rm(join(folder, name), { force: true });
    }
  }

  async function fetchTo(path: string, item: ItemFile): Promise<string> {
    const there = await stat(path).catch(() => undefined);
    if (there?.size === item.bytes) return path;
    const partial = `${path}.${process.pid}.partial`;
    for (let tries = 1; ; tries++) {
      try {
        await download(new URL(`/data/${options.stage}/${item.index}`, options.url), options.token, partial, disposal.signal);
        await rename(partial, path);
        return path;
      } catch (error) {
        await rm(partial, { force: true });
        if (error instanceof PretextError || disposal.signal.aborted) throw error;
        if (tries === TRIES) throw new PretextError('UNREACHABLE', `"${item.path}" cannot be fetched from ${options.url.origin}: ${messageOf(error)}.`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * tries));
      }
    }
  }

  return {
    open(item) {
      const name = createHash('sha256').update(`${item.path}\n${item.bytes}`).digest('hex') + extname(item.path).slice(0, 10);
      const known = files.get(name);
      files.delete(name);
      const entry = known ?? { bytes: item.bytes, ready: fetchTo(join(folder, name), item) };
      files.set(name, entry);
      entry.ready.catch(() => files.delete(name));
      makeRoom();
      return entry.ready;
    },
    async dispose() {
      disposal.abort();
      await Promise.allSettled([...files.values()].map(({ ready }) => ready));
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function download(url: URL, token: string | undefined, path: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  if (response.status === 404) throw new PretextError('DATA_MISSING', `The coordinator no longer has the file of item ${url.pathname.split('/').at(-1)}.`);
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(path), { signal });
}
