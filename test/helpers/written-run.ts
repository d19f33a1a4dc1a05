// The folder of a run as files alone, without processes: data of real images, a recipe, a manifest, a checkpoint of a network that has learnt
// nothing, and a journal that says what the test wants.

import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { writeCheckpoint } from '../../coordinator/checkpoints/checkpoints.js';
import type { JournalEntry } from '../../coordinator/journal/entries.js';
import { openJournal } from '../../coordinator/journal/journal.js';
import { pathsOf } from '../../coordinator/run/folder.js';
import { createRun, type Stage } from '../../coordinator/run/prepare.js';
import { provenanceMetadata } from '../../shared/checkpoint/provenance.js';
import { parseRecipe } from '../../shared/recipe/parse.js';
import { initValues } from '../../shared/state/init.js';
import { toWireLayout } from '../../shared/state/wire.js';
import { layoutOf } from '../../worker/bind-recipe.js';
import { registries } from '../../worker/registries.js';
import { makeImages } from './data.js';
import { makeTempFolder } from './temp-folder.js';

export interface WrittenRun {
  readonly folder: string;
  readonly stages: readonly Stage[];
  /** Of the data. */
  readonly images: string;
}

/** A file name that would be a tag with an attribute that runs. */
export const HOSTILE = '<img src=x onerror=alert(1)>&.png';

/** Images of two classes, one of them of a hostile name. `recipe` is YAML of everything but the data, `data` what is said of these besides. */
export async function writeRun(t: ExecutionContext, recipe: string, data?: string): Promise<WrittenRun> {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  for (const name of ['dots', 'stripes']) await makeImages(join(images, name), 10);
  await sharp({ create: { width: 48, height: 48, channels: 3, background: { r: 200, g: 40, b: 90 } } }).png().toFile(join(images, 'dots', HOSTILE));
  const parsed = parseRecipe(`data: {root: ${images}, side: 16, shortSide: 20, holdout: 0.3${data === undefined ? '' : `, ${data}`}}\nmodel: {options: {width: 4, stages: 2}}\nbatch: {microbatches: 1, microbatchSize: 4}\n${recipe}`);
  const { signal } = new AbortController();
  const { stages } = await createRun(pathsOf(folder), { recipe: parsed.recipe, registries, layoutOf, signal, emit: () => {} });
  return { folder, stages, images };
}

/** A checkpoint of the values that the seed gives. */
export async function writeFirstCheckpoint({ recipe, plan, paths, number, recipeHash, manifestHash }: Stage): Promise<void> {
  const layout = layoutOf(recipe, plan.numInstances);
  const state = new Float32Array(layout.stateLength);
  state.set(initValues(layout, recipe.seed));
  const metadata = provenanceMetadata(recipe, { run: 'r1', stage: number, recipeHash, dataHash: manifestHash });
  await writeCheckpoint({ folder: paths.checkpoints, step: 1, layout: toWireLayout(layout), state, metadata, keep: 1 });
}

export async function writeJournal(folder: string, entries: readonly JournalEntry[]): Promise<void> {
  const journal = await openJournal(pathsOf(folder).journal);
  for (const entry of entries) await journal.append(entry);
  await journal.close();
}

/** Commits of steps whose loss falls from 1.4 by half. */
export function makeCommits(stage: number, steps: number, unusable: readonly { readonly path: string; readonly reason: string }[] = []): JournalEntry[] {
  return Array.from({ length: steps }, (_, i): JournalEntry => {
    const loss = 1.4 - (0.7 * i) / steps;
    return {
      type: 'commit', stage, step: i + 1, first: 4 * i, count: 4, samples: 'a', weights: { samples: 4 - unusable.length }, loss, terms: { crossEntropy: loss }, metrics: { accuracy: 0.25 + (0.7 * i) / steps },
      gradient: `g${i}`, unusable: unusable.map((each) => ({ ...each, position: 4 * i, code: 'DECODE_FAILED' })),
    };
  });
}
