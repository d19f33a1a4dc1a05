// Where an item's file is on this machine: in a folder that has a copy of the dataset, or fetched from the coordinator into a
// bounded cache on disk.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkPolicy } from '../../shared/datasets/dataset.js';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { request } from '../../shared/client/request.js';
import { locateFile } from '../../shared/datasets/locate-file.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
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

export interface LocalOptions {
  /** Default: inside. */
  readonly links?: LinkPolicy;
  /** Opens what is not there, may not be read or is not of its size: what a worker computes must not depend on how whole its copy is. */
  readonly openElsewhere?: ItemFiles['open'];
}

/** Items below a folder. A path that leaves the folder, links followed, is refused unless all links are followed. */
export function createLocalFiles(root: string, { links, openElsewhere }: LocalOptions = {}): ItemFiles {
  return {
    open: async (item) => {
      const base = await realpath(root).catch((cause: unknown) => {
        throw new PretextError('NOT_FOUND', `The data folder "${root}" cannot be read.`, { hint: 'Give another one by --data.', cause });
      });
      const file = await locateFile(base, item.path, links);
      if (openElsewhere && file?.bytes !== item.bytes) return openElsewhere(item);
      if (file) return file.path;
      throw new PretextError('DATA_MISSING', `"${item.path}" is not in the data folder "${root}".`, {
        hint: 'Give the folder that the run\'s manifest was made of by --data.',
      });
    },
    dispose: async () => {},
  };
}

export interface FetchOptions extends Endpoint {
  /** Stage of the run whose items they are. */
  readonly stage: number;
  /** Names the dataset: files of two may have the same path and size, and a cache may hold both. */
  readonly dataset: string;
  /** Folder to keep files in; without it a temporary one that `dispose` removes. */
  readonly folder?: string;
  readonly maxBytes: number;
  /** Files that may be read at the same time: those opened last are never removed, for somebody may be about to read them. */
  readonly inUse: number;
}

const TRIES = 4;
const RETRY_MS = 500;
/** For other workers with the same folder, and for readers that are slow to begin. */
const MORE_IN_USE = 32;

interface Entry {
  readonly bytes: number;
  readonly ready: Promise<string>;
}

/** Errors that another try does not cure. */
function isFinal(error: unknown): boolean {
  return error instanceof PretextError && error.code !== 'UNREACHABLE';
}

function explainGivenUp({ path }: ItemFile, cause: unknown): PretextError {
  const { hint } = cause as { hint?: string };
  return new PretextError('UNREACHABLE', `"${path}" cannot be fetched: ${messageOf(cause)}`, { cause, ...dropUndefined({ hint }) });
}

/** Whether a whole file of an item is at the path. */
async function isThere(path: string, { bytes }: ItemFile): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.size === bytes;
}

/** Items fetched from the coordinator as they are needed, each once, the least recently used removed when there is no room. */
export async function createFetchedFiles(options: FetchOptions): Promise<ItemFiles> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'pretext-data-')));
  await mkdir(folder, { recursive: true });
  const files = new Map<string, Entry>();
  /** What is being removed: a file that is wanted again in the meantime is fetched when it is gone. */
  const removals = new Map<string, Promise<void>>();
  const disposal = new AbortController();

  function remove(name: string, { ready }: Entry): void {
    files.delete(name);
    const removal = ready.then((path) => rm(path, { force: true }), () => {}).finally(() => removals.delete(name));
    removals.set(name, removal);
  }

  function makeRoom(): void {
    let total = [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [name, entry] of [...files].slice(0, -(options.inUse + MORE_IN_USE))) {
      if (total <= options.maxBytes) return;
      total -= entry.bytes;
      remove(name, entry);
    }
  }

  async function fetchTo(path: string, item: ItemFile): Promise<string> {
    const partial = `${path}.${process.pid}.partial`;
    for (let tries = 1; ; tries++) {
      try {
        await download(options, item, partial, disposal.signal);
        await rename(partial, path);
        return path;
      } catch (error) {
        await rm(partial, { force: true });
        if (disposal.signal.aborted) throw new PretextError('CANCELLED', 'The files were disposed of.');
        if (isFinal(error)) throw error;
        if (tries === TRIES) throw explainGivenUp(item, error);
        await sleep(RETRY_MS * tries, undefined, { signal: disposal.signal }).catch(() => {});
      }
    }
  }

  /** What was opened before is looked at again: another worker with the same folder may have removed it. */
  async function openNow(name: string, item: ItemFile, before: Entry | undefined): Promise<string> {
    const path = join(folder, name);
    await Promise.all([before?.ready, removals.get(name)]);
    return (await isThere(path, item)) ? path : fetchTo(path, item);
  }

  return {
    open(item) {
      const name = createHash('sha256').update(`${options.dataset}\n${item.path}\n${item.bytes}`).digest('hex') + extname(item.path).slice(0, 10);
      const entry = { bytes: item.bytes, ready: openNow(name, item, files.get(name)) };
      // Behind all others: the order of the map is that of use.
      files.delete(name);
      files.set(name, entry);
      entry.ready.catch(() => { if (files.get(name) === entry) files.delete(name); });
      makeRoom();
      return entry.ready;
    },
    async dispose() {
      disposal.abort();
      await Promise.allSettled([...[...files.values()].map(({ ready }) => ready), ...removals.values()]);
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function download(from: FetchOptions, { index, path: itemPath, bytes }: ItemFile, path: string, signal: AbortSignal): Promise<void> {
  const response = await request(from, `/data/${from.stage}/${index}`, { statuses: [404], signal });
  if (response.status === 404) {
    await response.body?.cancel();
    throw new PretextError('DATA_MISSING', `The coordinator no longer has the file of "${itemPath}".`);
  }
  await pipeline(Readable.fromWeb(response.body!), createWriteStream(path), { signal });
  if ((await stat(path)).size !== bytes) throw new PretextError('DATA_MISSING', `The coordinator's file of "${itemPath}" is not the one that was listed: its size is another.`);
}
