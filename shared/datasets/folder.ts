// A source that is a folder of files of one kind: it lists them, labels them, splits them and probes each one.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import type { DatasetSource, Item, Listing, ListOptions, RejectedItem } from './dataset.js';
import { annotateByFolder, LABELS_FILE, readLabels, type Annotation } from './labels.js';
import { createLimiter } from './limiter.js';
import { assignSplits } from './split.js';
import { extensionOf, walkFolder } from './walk.js';

/** What probing a file tells. */
export type Probed = Pick<Item, 'width' | 'height' | 'durationS' | 'fps' | 'rotation'>;

export interface FolderKind {
  readonly kind: Item['kind'];
  /** Lower case, without dots. */
  readonly extensions: ReadonlySet<string>;
  /** Made once for each listing. The probe throws PretextError for a file that cannot be used. */
  createProbe(signal: AbortSignal | undefined): Promise<(path: string) => Promise<Probed>>;
}

interface Candidate extends Annotation {
  readonly path: string;
  readonly bytes: number;
  readonly probed: Probed;
}

const PROBES_AT_ONCE = 4;

/** A source that lists files of one kind. It rejects links that lead out of the root, empty files and files that cannot be read. */
export function createFolderSource(folder: FolderKind): DatasetSource {
  const isOfKind = (path: string): boolean => folder.extensions.has(extensionOf(path));

  async function recognises(root: string): Promise<number> {
    return (await walkFolder(root)).paths.filter(isOfKind).length;
  }

  async function list(root: string, options: ListOptions): Promise<Listing> {
    const walk = await walkFolder(root);
    const labels = await readLabels(root);
    const paths = walk.paths.filter(isOfKind);
    const present = new Set(paths);
    const missing = [...(labels?.keys() ?? [])].filter((path) => isOfKind(path) && !present.has(path)).map((path): RejectedItem =>
      ({ path, code: 'NOT_FOUND', reason: `${LABELS_FILE} names it, but there is no such file.` }));
    const { candidates, unusable } = await probeAll(root, paths, folder, options);
    const rejected = [...walk.rejected, ...missing, ...unusable];
    const annotated = candidates.map((candidate) => ({
      ...candidate,
      ...(labels ? labels.get(candidate.path) : annotateByFolder(candidate.path)),
    }));
    const listing = { items: createItems(annotated, folder.kind, options), rejected: sortByPath(rejected), ignored: walk.paths.length - paths.length };
    if (listing.items.length === 0) throwEmpty(root, folder, listing);
    return listing;
  }

  return { recognises, list };
}

interface AllProbed {
  readonly candidates: readonly Candidate[];
  readonly unusable: readonly RejectedItem[];
}

async function probeAll(root: string, paths: readonly string[], folder: FolderKind, { signal, onProgress }: ListOptions): Promise<AllProbed> {
  const probe = await folder.createProbe(signal);
  const unusable: RejectedItem[] = [];
  const limit = createLimiter(PROBES_AT_ONCE);
  let numDone = 0;
  const candidates = await Promise.all(paths.map((path) => limit(async () => {
    throwOnAbort(signal);
    const candidate = await probeOne(root, path, probe).catch((error: unknown) => {
      throwOnAbort(signal);
      unusable.push({ path, code: error instanceof PretextError ? error.code : 'DECODE_FAILED', reason: messageOf(error) });
      return undefined;
    });
    numDone += 1;
    onProgress?.(numDone, paths.length);
    return candidate;
  })));
  return { candidates: candidates.filter((candidate) => candidate !== undefined), unusable };
}

async function probeOne(root: string, path: string, probe: (path: string) => Promise<Probed>): Promise<Candidate> {
  const absolute = join(root, path);
  const bytes = (await stat(absolute)).size;
  if (bytes === 0) throw new PretextError('DECODE_FAILED', 'The file is empty (0 bytes).');
  return { path, bytes, probed: await probe(absolute) };
}

function createItems(candidates: readonly Candidate[], kind: Item['kind'], options: ListOptions): Item[] {
  const splits = assignSplits(candidates, options);
  return candidates.map(({ path, bytes, label, group, probed }, index) => ({
    index,
    path,
    kind,
    bytes,
    split: splits[index]!,
    ...(label !== undefined && { label }),
    ...(group !== undefined && { group }),
    ...probed,
  }));
}

function sortByPath(rejected: readonly RejectedItem[]): RejectedItem[] {
  return [...rejected].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function throwOnAbort(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PretextError('CANCELLED', 'Listing the data was cancelled.');
}

function throwEmpty(root: string, { kind, extensions }: FolderKind, { rejected }: Listing): never {
  const [first] = rejected;
  const why = first
    ? `all ${rejected.length} files of it were rejected, the first ("${first.path}") because: ${first.reason}`
    : `no file of it ends in ${[...extensions].map((extension) => `.${extension}`).join(' ')}`;
  throw new PretextError('DATA_EMPTY', `The data folder "${root}" has no usable ${kind}: ${why}`, {
    hint: `Put ${kind}s into the folder, in folders by class if they have classes.`,
  });
}
