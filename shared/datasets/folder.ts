// A source that is a folder of files of one kind: it lists them, labels them, splits them and probes each one.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import { hashContent } from './content-hash.js';
import type { DatasetSource, IgnoredFiles, Item, ListOptions, MaskFile, RejectedItem, Survey } from './dataset.js';
import { extensionOf, extensions, whyIgnored } from './extensions.js';
import { walkListed } from './file-list.js';
import { labelByFolders } from './folder-labels.js';
import { LABELS_FILE, readLabels, type Annotation, type Annotations } from './labels.js';
import { createLimiter } from './limiter.js';
import { addMasks } from './masks/add-masks.js';
import { matchMasks } from './masks/match-masks.js';
import { CLASSES_FILE, readClassNames } from './masks/read-mask.js';
import { matchLabels } from './match-labels.js';
import { assignSplits } from './split.js';
import { tryAgain } from './try-again.js';

/** What probing a file tells. */
export type Probed = Pick<Item, 'width' | 'height' | 'bands' | 'sampleType' | 'durationS' | 'fps' | 'rotation' | 'hasSound' | 'traits'>;

export interface FolderKind {
  readonly kind: Item['kind'];
  /** Made once for each listing. The probe throws PretextError for a file that cannot be used. */
  createProbe(signal: AbortSignal | undefined): Promise<(path: string) => Promise<Probed>>;
}

interface Candidate extends Annotation {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly content: string;
  readonly probed: Probed;
  readonly mask?: MaskFile;
}

const PROBES_AT_ONCE = 4;

/** A source that lists files of one kind. It rejects empty files and files that cannot be read. */
export function createFolderSource(folder: FolderKind): DatasetSource {
  const { kind } = folder;
  return {
    async list(root, options) {
      const walk = await walkListed(root, options);
      const labels = await readLabels(root, options.links);
      const isOfKind = (path: string): boolean => extensions[kind].has(extensionOf(path));
      const { pictures: paths, maskOf, orphans } = kind === 'image' ? matchMasks(walk.paths.filter(isOfKind)) : { pictures: walk.paths.filter(isOfKind), maskOf: new Map<string, string>(), orphans: [] };
      const maskClasses = maskOf.size > 0 ? await readClassNames(root, options.links) : undefined;
      const { annotations, missing, ...said } = annotate(labels, { root, paths, ofKind: walk.allPaths.filter(isOfKind), allPaths: walk.allPaths });
      const { candidates, unusable } = await probeAll(root, paths, folder, options);
      const { masked, misfits } = await addMasks(candidates, { root, maskOf, classes: maskClasses });
      const annotated = masked.map((candidate) => ({ ...candidate, ...annotations.get(candidate.path) }));
      const survey: Survey = {
        ...said,
        ...(walk.listed && { listed: walk.listed }),
        items: createItems(annotated, kind, options),
        rejected: sortByPath([...walk.rejected, ...missing, ...unusable, ...orphans, ...misfits]),
        ...(maskClasses && { maskClasses }),
        ignored: countIgnored(walk.paths, kind),
        numHidden: walk.numHidden,
        numOutside: walk.numOutside,
      };
      if (survey.items.length === 0) throwEmpty(root, kind, survey);
      return survey;
    },
  };
}

interface Annotated extends Pick<Survey, 'labels' | 'doubtful'> {
  readonly annotations: ReadonlyMap<string, Annotation>;
  readonly missing: readonly RejectedItem[];
}

function annotate(labels: Annotations | undefined, files: Parameters<typeof matchLabels>[1]): Annotated {
  if (labels === undefined) return { ...labelByFolders(files.paths), missing: [] };
  const { counts, ...match } = matchLabels(labels, files);
  return { ...match, labels: counts, doubtful: [] };
}

/** Files that are not of the kind, by extension, the most frequent first. */
function countIgnored(paths: readonly string[], kind: Item['kind']): IgnoredFiles[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const extension = extensionOf(path);
    if (path !== LABELS_FILE && path !== CLASSES_FILE && !extensions[kind].has(extension)) counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  return [...counts].map(([extension, count]) => ({ extension, count, why: whyIgnored(extension, kind) }))
    .sort((a, b) => b.count - a.count || (a.extension < b.extension ? -1 : 1));
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
    const candidate = await tryAgain(path, () => probeOne(root, path, probe)).catch((error: unknown) => {
      throwOnAbort(signal);
      if (error instanceof PretextError && error.code === 'WORKER_FAILED') throw error;
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
  const { size, mtimeMs: modifiedMs } = await stat(absolute);
  if (size === 0) throw new PretextError('DECODE_FAILED', 'The file is empty (0 bytes).');
  const probed = await probe(absolute);
  const { bytes, hash } = await hashContent(absolute);
  return { path, bytes, modifiedMs, content: hash, probed };
}

function createItems(candidates: readonly Candidate[], kind: Item['kind'], options: ListOptions): Item[] {
  const splits = assignSplits(candidates, options);
  return candidates.map(({ path, bytes, modifiedMs, content, label, group, probed, mask }, index) => ({
    index,
    path,
    kind,
    bytes,
    split: splits[index]!,
    ...(label !== undefined && { label }),
    ...(group !== undefined && { group }),
    ...probed,
    content,
    modifiedMs,
    ...(mask && { mask }),
  }));
}

function sortByPath(rejected: readonly RejectedItem[]): RejectedItem[] {
  return [...rejected].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function throwOnAbort(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PretextError('CANCELLED', 'Listing the data was cancelled.');
}

function throwEmpty(root: string, kind: Item['kind'], { rejected }: Survey): never {
  const [first] = rejected;
  const why = first
    ? `all ${rejected.length} files of it were rejected, the first ("${first.path}") because: ${first.reason}`
    : `no file of it ends in ${[...extensions[kind]].map((extension) => `.${extension}`).join(' ')}`;
  throw new PretextError('DATA_EMPTY', `The data folder "${root}" has no usable ${kind}: ${why}`, {
    hint: `Put ${kind}s into the folder, in folders by class if they have classes.`,
  });
}
