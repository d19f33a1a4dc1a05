// Where an item's file is on this machine: in a folder that has a copy of the dataset, or fetched from the coordinator into a
// bounded cache on disk.

import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkPolicy } from '../../shared/datasets/dataset.js';
import { locateFile } from '../../shared/datasets/locate-file.js';
import { isCurable } from '../../shared/client/curable.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';
import { createContentCheck } from './content-check.js';
import { download, type DownloadFrom } from './download.js';
import { findLeft, PARTIAL, type LeftFile } from './left-files.js';

/** What is needed of an item to open it. */
export interface ItemFile {
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
  /** Hash of what it holds. */
  readonly content?: string | undefined;
  /** Where it is not the item's own file. */
  readonly part?: 'mask' | undefined;
}

export interface ItemFiles {
  /**
   * Path on this machine of a file that holds what was listed. Throws PretextError DATA_MISSING when the item is not there, DATA_CHANGED
   * when it holds something else, NOT_FOUND without the folder, UNREACHABLE when it cannot be fetched.
   */
  readonly open: (item: ItemFile) => Promise<string>;
  dispose(): Promise<void>;
}

export interface LocalOptions {
  /** Default: inside. */
  readonly links?: LinkPolicy;
  /** Opens what is not there, may not be read or holds something else: what a worker computes must not depend on how whole its copy is. */
  readonly openElsewhere?: ItemFiles['open'];
}

/** Items below a folder. A path that leaves the folder, links followed, is refused unless all links are followed. */
export function createLocalFiles(root: string, { links, openElsewhere }: LocalOptions = {}): ItemFiles {
  const holds = createContentCheck();
  return {
    open: async (item) => {
      const base = await realpath(root).catch((cause: unknown) => {
        throw new PretextError('NOT_FOUND', `The data folder "${root}" cannot be read.`, { hint: 'Give another one by --data.', cause });
      });
      const file = await locateFile(base, item.path, links);
      // A disk that cannot be read is no better than a file that is not there.
      if (file && (await holds(file, item).catch(() => false))) return file.path;
      if (openElsewhere) return openElsewhere(item);
      throw file ? explainChanged(item) : new PretextError('DATA_MISSING', `"${item.path}" is not in the data folder "${root}".`, {
        hint: 'Give the folder that the run\'s manifest was made of by --data.',
      });
    },
    dispose: async () => {},
  };
}

function explainChanged({ path }: ItemFile): PretextError {
  return new PretextError('DATA_CHANGED', `"${path}" holds something else than when the run listed it.`, { hint: 'Put the file back as it was, or start a new run.' });
}

export interface FetchOptions extends DownloadFrom {
  /** Names the dataset, for items whose content is not known: files of two may have the same path and size, and a cache may hold both. */
  readonly dataset: string;
  /** Folder to keep files in; without it a temporary one that `dispose` removes. */
  readonly folder?: string;
  readonly maxBytes: number;
  /** Of all processes with the same folder, this one included. Default: not known, and only what is idle is of earlier work. */
  readonly folderBytes?: number;
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
function isFinal(error: unknown, { tokenFile }: FetchOptions): boolean {
  return error instanceof PretextError && !isCurable(error, { tokenFile, hasBeenIn: true });
}

function explainGivenUp({ path }: ItemFile, cause: unknown): PretextError {
  const { hint } = cause as { hint?: string };
  return new PretextError('UNREACHABLE', `"${path}" cannot be fetched: ${messageOf(cause)}`, { cause, ...dropUndefined({ hint }) });
}

class FetchedFiles implements ItemFiles {
  readonly #options: FetchOptions;
  readonly #folder: string;
  /** In the order of use: what was opened last is the last. */
  readonly #files = new Map<string, Entry>();
  /** Bytes of all of them. */
  #total = 0;
  /** What is being removed: a file that is wanted again in the meantime is fetched when it is gone. */
  readonly #removals = new Map<string, Promise<void>>();
  readonly #disposal = new AbortController();
  readonly #holds = createContentCheck();

  /** `left`: what earlier work has left in the folder, the oldest first. */
  constructor(options: FetchOptions, folder: string, left: readonly LeftFile[]) {
    this.#options = options;
    this.#folder = folder;
    for (const { name, bytes } of left) this.#add(name, { bytes, ready: Promise.resolve(join(folder, name)) });
  }

  open(item: ItemFile): Promise<string> {
    const name = nameOf(item, this.#options.dataset);
    const entry = { bytes: item.bytes, ready: this.#openNow(name, item, this.#files.get(name)) };
    this.#forget(name);
    this.#add(name, entry);
    entry.ready.catch(() => { if (this.#files.get(name) === entry) this.#forget(name); });
    this.#makeRoom();
    return entry.ready;
  }

  async dispose(): Promise<void> {
    this.#disposal.abort();
    await Promise.allSettled([...[...this.#files.values()].map(({ ready }) => ready), ...this.#removals.values()]);
    if (this.#options.folder === undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** What was opened before is looked at again: another worker with the same folder may have removed it. */
  async #openNow(name: string, item: ItemFile, before: Entry | undefined): Promise<string> {
    await Promise.all([before?.ready, this.#removals.get(name)]);
    const isThere = await this.#isWhole(name, item).catch((error: NodeJS.ErrnoException) => {
      // Removed while it was looked at.
      if (error.code === 'ENOENT') return false;
      throw error;
    });
    return isThere ? join(this.#folder, name) : this.#fetch(name, item);
  }

  async #fetch(name: string, item: ItemFile): Promise<string> {
    const { signal } = this.#disposal;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#fetchOnce(name, item);
      } catch (error) {
        if (signal.aborted) throw new PretextError('CANCELLED', 'The files were disposed of.');
        if (isFinal(error, this.#options)) throw error;
        if (tries === TRIES) throw explainGivenUp(item, error);
        await sleep(RETRY_MS * tries, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #fetchOnce(name: string, item: ItemFile): Promise<string> {
    // Nobody else's, on whatever machine: processes in containers may have equal numbers.
    const partial = `${name}.${randomUUID()}${PARTIAL}`;
    const [from, to] = [join(this.#folder, partial), join(this.#folder, name)];
    try {
      await download(this.#options, item, from, this.#disposal.signal);
      if (!(await this.#isWhole(partial, item))) throw explainChanged(item);
      await rename(from, to);
      return to;
    } catch (error) {
      await rm(from, { force: true });
      throw error;
    }
  }

  /** Whether the whole file of an item is in the folder. */
  async #isWhole(name: string, item: ItemFile): Promise<boolean> {
    const file = await locateFile(this.#folder, name);
    return file !== undefined && this.#holds(file, item);
  }

  #add(name: string, entry: Entry): void {
    this.#files.set(name, entry);
    this.#total += entry.bytes;
  }

  #forget(name: string): void {
    this.#total -= this.#files.get(name)?.bytes ?? 0;
    this.#files.delete(name);
  }

  #makeRoom(): void {
    let numSpare = this.#files.size - this.#options.inUse - MORE_IN_USE;
    for (const [name, entry] of this.#files) {
      if (this.#total <= this.#options.maxBytes || numSpare-- <= 0) return;
      this.#remove(name, entry);
    }
  }

  #remove(name: string, { ready }: Entry): void {
    this.#forget(name);
    const removal = ready.then((path) => rm(path, { force: true }), () => {}).finally(() => this.#removals.delete(name));
    this.#removals.set(name, removal);
  }
}

/** Items fetched from the coordinator as they are needed, each once, the least recently used removed when there is no room. */
export async function createFetchedFiles(options: FetchOptions): Promise<ItemFiles> {
  const folder = options.folder ?? join(tmpdir(), 'pretext-data-');
  try {
    const made = options.folder === undefined ? await mkdtemp(folder) : await makeFolder(folder).then(() => folder);
    const real = await realpath(made);
    return new FetchedFiles(options, real, options.folder === undefined ? [] : await findLeft(real, (options.folderBytes ?? Infinity) - options.maxBytes));
  } catch (error) {
    throw new PretextError('REFUSED', `Files from the coordinator cannot be kept in "${folder}": ${messageOf(error).replace(/\.$/, '')}.`, { hint: 'Give a folder that can be written by --cache or TMPDIR.', cause: error });
  }
}

/** By content, so that datasets share what they share and nothing else. */
function nameOf({ path, bytes, content }: ItemFile, dataset: string): string {
  const key = content ?? createHash('sha256').update(`${dataset}\n${path}\n${bytes}`).digest('hex');
  return key + extname(path).slice(0, 10);
}
