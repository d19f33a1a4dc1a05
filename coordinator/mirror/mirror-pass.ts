// One pass of a mirror: what the copy of a run's folder lacks, in an order that leaves at any moment a run to go on with. Recipe and manifests first;
// then checkpoints, for the journal must not name a stage whose beginning is not there; then lines, the journal last; then what the run has removed.

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../shared/make-folder.js';
import { checkpointPath, listCheckpoints } from '../checkpoints/checkpoints.js';
import { BEST } from '../observe/looks.js';
import { pathsOf, stagePathsOf, type RunPaths } from '../run/folder.js';
import { wholeSizeOf, createLineCopies, type CopyLines } from './copy-lines.js';
import { createCopies, PARTIAL, type CopyWhole } from './copy-whole.js';

export interface MirrorFolders {
  readonly from: string;
  readonly to: string;
  readonly numStages: number;
}

/** Makes the function that does a pass. It throws what the file system throws, and where the copy is another's. */
export function createPass(folders: MirrorFolders): () => Promise<void> {
  const [from, to] = [pathsOf(folders.from), pathsOf(folders.to)];
  const copyWhole = createCopies();
  const lines = createLineCopies();
  const journal = createLineCopies(throwOnOther);
  const stages = Array.from({ length: folders.numStages }, (_, i) => ({ source: stagePathsOf(folders.from, i + 1), target: stagePathsOf(folders.to, i + 1) }));

  return async () => {
    // The folder is a mirror no longer where a run is gone on with in it.
    if (existsSync(to.coordinator)) throw new Error('another coordinator is, or was, at work in it');
    const journalBytes = await wholeSizeOf(from.journal);
    // Before anything is written: a volume may be mounted later than the run began, or anew, and what it holds may be the only copy.
    if ((await journal.findDone(from.journal, to.journal, journalBytes)) === undefined) throwOnOther();
    await makeFolder(to.folder);
    for (const { source, target } of stages) {
      await makeFolder(dirname(target.manifest));
      await copyWhole(source.manifest, target.manifest);
    }
    await copyWhole(from.recipe, to.recipe);
    if (!(await copyWhole(from.paused, to.paused))) await rm(to.paused, { force: true });
    const kept: { readonly folder: string; readonly steps: readonly number[] }[] = [];
    for (const { source, target } of stages) kept.push(await copyCheckpoints(source.checkpoints, target.checkpoints, copyWhole));
    await copyObserved(from, to, lines.copy);
    await journal.copy(from.journal, to.journal, journalBytes);
    for (const { folder, steps } of kept) await prune(folder, steps);
    await copyWhole(from.report, to.report);
  };
}

function throwOnOther(): never {
  throw new Error('it holds another run, or one that is further on');
}

async function copyCheckpoints(from: string, to: string, copyWhole: CopyWhole): Promise<{ folder: string; steps: number[] }> {
  const steps: number[] = [];
  const listed = await listCheckpoints(from);
  if (listed.length > 0) await makeFolder(to);
  for (const step of listed) if (await copyWhole(checkpointPath(from, step), checkpointPath(to, step))) steps.push(step);
  const hasBest = listed.length > 0 && (await copyWhole(join(from, BEST), join(to, BEST)));
  // One that a look has found wrong is the best no longer.
  if (!hasBest && listed.length > 0) await rm(join(to, BEST), { force: true });
  return { folder: to, steps };
}

async function copyObserved(from: RunPaths, to: RunPaths, copyLines: CopyLines): Promise<void> {
  for (const name of ['looks', 'metrics', 'quarantine'] as const) {
    const bytes = await wholeSizeOf(from[name]);
    if (bytes > 0) await copyLines(from[name], to[name], bytes);
  }
}

/** Older ones than the newest that the copy now has, and beginnings of files. */
async function prune(folder: string, steps: readonly number[]): Promise<void> {
  const newest = Math.max(-1, ...steps);
  const old = (await listCheckpoints(folder)).filter((step) => step < newest && !steps.includes(step)).map((step) => checkpointPath(folder, step));
  const partial = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(PARTIAL)).map((name) => join(folder, name));
  for (const path of [...old, ...partial]) await rm(path, { force: true });
}
