// Every file of a folder, in an order that does not depend on the file system. Leaves out what the files hold.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import type { LinkPolicy, RejectedItem } from './dataset.js';

export interface Walk {
  /** Paths relative to the root, forward slashes, in code-unit order. */
  readonly paths: readonly string[];
  /** Links that are not followed, what is no regular file, and folders that cannot be read. */
  readonly rejected: readonly RejectedItem[];
  /** How many of these links lead out of the folder. */
  readonly numOutside: number;
  /** Hidden files and folders, which are left out. */
  readonly numHidden: number;
}

/**
 * Lists a folder and all below it, without hidden files. A link within the root counts under its own path, and its target not a second
 * time. One that leads out of the root is followed with `links: all` only. Throws PretextError DATA_MISSING when the root is not a
 * folder that can be read.
 */
export async function walkFolder(root: string, links: LinkPolicy = 'inside'): Promise<Walk> {
  const realRoot = await realpath(root).catch((error: unknown) => throwMissing(root, error));
  if (!(await stat(realRoot)).isDirectory()) throwMissing(root, new Error('it is a file'));
  const walker = new Walker(realRoot, links);
  await walker.visit('', realRoot, false).catch((error: unknown) => throwMissing(root, error));
  return walker.finish();
}

interface Found {
  readonly path: string;
  /** Where it lies, links followed. */
  readonly real: string;
  readonly isLinked: boolean;
}

class Walker {
  readonly #root: string;
  readonly #links: LinkPolicy;
  readonly #found: Found[] = [];
  readonly #rejected: RejectedItem[] = [];
  /** Folders that a link led to: each is listed under one link, or two that point at each other would never end. */
  readonly #linkedFolders = new Set<string>();
  #numOutside = 0;
  #numHidden = 0;

  constructor(root: string, links: LinkPolicy) {
    this.#root = root;
    this.#links = links;
  }

  /** Looks at a folder: its path below the root as it is listed, and where it really lies. */
  async visit(folder: string, real: string, isLinked: boolean): Promise<void> {
    const entries = await readdir(real, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) this.#numHidden += 1;
      else await this.#take(entry, { path: folder === '' ? entry.name : `${folder}/${entry.name}`, real: join(real, entry.name), isLinked });
    }
  }

  finish(): Walk {
    const targets = new Set(this.#found.flatMap(({ real, isLinked }) => (isLinked ? [real] : [])));
    const paths = this.#found.filter(({ real, isLinked }) => isLinked || !targets.has(real)).map(({ path }) => path).sort();
    return { paths, rejected: this.#rejected, numOutside: this.#numOutside, numHidden: this.#numHidden };
  }

  async #take(entry: Dirent, found: Found): Promise<void> {
    const { path, real, isLinked } = found;
    if (entry.isDirectory()) await this.visit(path, real, isLinked).catch((error: unknown) => this.#reject(path, 'NOT_FOUND', `It cannot be read: ${messageOf(error)}`));
    else if (entry.isFile()) this.#found.push(found);
    else if (entry.isSymbolicLink()) await this.#follow(path, real);
    else this.#reject(path, 'REFUSED', 'It is no regular file.');
  }

  async #follow(path: string, link: string): Promise<void> {
    const real = await realpath(link).catch(() => undefined);
    if (real === undefined) return this.#reject(path, 'NOT_FOUND', 'It is a link to nothing.');
    if (this.#links === 'inside' && relative(this.#root, real).split(sep)[0] === '..') {
      this.#numOutside += 1;
      return this.#reject(path, 'REFUSED', 'It is a link that leads out of the folder; data.links: all follows it.');
    }
    const stats = await stat(real);
    if (stats.isFile()) this.#found.push({ path, real, isLinked: true });
    else if (stats.isDirectory()) await this.#followFolder(path, link, real);
    else this.#reject(path, 'REFUSED', 'It is a link to what is no regular file.');
  }

  async #followFolder(path: string, link: string, real: string): Promise<void> {
    // A link to a folder that it lies in leads nowhere new.
    if (link.startsWith(real + sep)) return;
    if (this.#linkedFolders.has(real)) return this.#reject(path, 'REFUSED', 'It is a link to a folder that is listed under another link.');
    this.#linkedFolders.add(real);
    await this.visit(path, real, true).catch((error: unknown) => this.#reject(path, 'NOT_FOUND', `It cannot be read: ${messageOf(error)}`));
  }

  #reject(path: string, code: string, reason: string): void {
    this.#rejected.push({ path, code, reason });
  }
}

function throwMissing(root: string, error: unknown): never {
  throw new PretextError('DATA_MISSING', `The data folder "${root}" cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : messageOf(error)}`, {
    hint: 'Give the path of a folder of videos or images.',
    cause: error,
  });
}
