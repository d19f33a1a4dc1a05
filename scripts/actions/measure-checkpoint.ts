// A checkpoint of a run with the items that it is measured on: what every measurement of a checkpoint begins with.

import { resolve } from 'node:path';
import { listCheckpoints, checkpointPath } from '../../coordinator/checkpoints/checkpoints.js';
import { findHidden } from '../../coordinator/run/name-classes.js';
import { loadRun, type Stage } from '../../coordinator/run/prepare.js';
import type { Item } from '../../shared/datasets/dataset.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Hidden } from '../../shared/learning.js';
import { createRandom } from '../../shared/random/random.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { readSafetensors } from '../../shared/tensors/safetensors.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { buildParts, type TrainerParts } from '../../worker/compute/build-parts.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { createDecoder } from '../../worker/decode/decoder.js';
import type { Evaluated, EvaluationItem } from '../../worker/evaluate/evaluate.js';
import type { LookOptions } from '../../worker/evaluate/look.js';
import { pixelChoiceOf } from '../../worker/pixels.js';
import { spread } from '../data/spread.js';

export interface MeasureOptions {
  /** The run's folder. */
  readonly run: string;
  /** Default: the newest of the run. */
  readonly checkpoint?: string;
  /** Other data than the run's own. */
  readonly data?: string;
  readonly backend: string;
  /** Most items of each split, where the recipe has no lower number. */
  readonly maxItems?: number;
  readonly signal: AbortSignal;
  /** Called with a sentence about the progress, from time to time. */
  readonly onProgress?: (what: string) => void;
}

const FRAME_CACHE_BYTES = 64 * 1024 ** 2;
const DECODES_AT_ONCE = 2;
const PROGRESS_EVERY_ITEMS = 50;

export interface Measured<Result> {
  readonly result: Result;
  readonly checkpoint: string;
  readonly data: string;
  /** Items that could not be decoded. */
  readonly numUnusable: number;
}

/** What is measured of a checkpoint with the items of its run. */
export type Measurement<Result> = (evaluated: Evaluated, items: AsyncIterable<EvaluationItem>, options: LookOptions) => Promise<Result>;

/** Throws PretextError NOT_FOUND without a checkpoint, BAD_STATE when it is of another model, CANCELLED. */
export async function measureCheckpoint<Result>(options: MeasureOptions, measure: Measurement<Result>): Promise<Measured<Result>> {
  const { stages: stagesOfRun } = await loadRun(options.run);
  const { checkpoint, recipe, items, plan: { numInstances } } = await (options.checkpoint === undefined ? findNewest(options.run, stagesOfRun) : findStage(options.checkpoint, stagesOfRun));
  const root = options.data === undefined ? recipe.data.root : resolve(options.data);
  const listed = options.data === undefined ? items : await list(root, recipe, options.signal);
  const started = await backends[await chooseBackend(options.backend)].start();
  try {
    const parts = buildParts(recipe, numInstances);
    const counts = { unusable: 0 };
    const { values, step } = await readValues(checkpoint, parts);
    const chosen = choose(listed, recipe, Math.min(options.maxItems ?? Infinity, recipe.evaluate.maxItems));
    const hidden = options.data === undefined ? findHidden(recipe, items) : new Map<number, Hidden>();
    const opening = { root, recipe, soundHz: parts.puzzle.needs.soundHz, hidden, counts };
    const result = await measure({ parts, values }, openItems(chosen, opening, options), {
      seed: recipe.seed, puzzlesPerItem: recipe.evaluate.puzzlesPerItem, framesPerItem: recipe.evaluate.framesPerVideo, step,
    });
    return { result, checkpoint, data: root, numUnusable: counts.unusable };
  } finally {
    await started.dispose();
  }
}

/** A checkpoint, and the stage of the run that it is of. */
type ChosenCheckpoint = Pick<Stage, 'recipe' | 'items' | 'plan'> & { readonly checkpoint: string };

/** The newest checkpoint of the last stage that has one. */
async function findNewest(run: string, stages: readonly Stage[]): Promise<ChosenCheckpoint> {
  for (const { recipe, items, plan, paths } of stages.toReversed()) {
    const step = (await listCheckpoints(paths.checkpoints)).at(-1);
    if (step !== undefined) return { checkpoint: checkpointPath(paths.checkpoints, step), recipe, items, plan };
  }
  throw new PretextError('NOT_FOUND', `"${run}" has no checkpoint yet.`, { hint: 'Wait for the first one, or name one with --checkpoint.' });
}

/** The stage whose recipe the checkpoint names; the last one when it names none of them. */
async function findStage(checkpoint: string, stages: readonly Stage[]): Promise<ChosenCheckpoint> {
  const { metadata } = await readSafetensors(checkpoint, () => false);
  const { recipe, items, plan } = stages.find(({ recipeHash }) => recipeHash === metadata['recipe']) ?? stages.at(-1)!;
  return { checkpoint, recipe, items, plan };
}

async function list(root: string, recipe: Recipe, signal: AbortSignal): Promise<readonly Item[]> {
  const { holdout, links } = recipe.data;
  const source = sources[await detectSource(root, { links })];
  return (await source.list(root, { holdout, links, seed: recipe.seed, signal })).items;
}

/**
 * Evenly spaced over each split, so that classes that lie together are all seen, and in an order of the seed's: tasks that compare
 * samples of a microbatch would else compare neighbours, which are of one class in a folder of classes.
 */
function choose(items: readonly Item[], { seed }: Recipe, maxItems: number): Item[] {
  return (['train', 'test'] as const).flatMap((split) => {
    const all = items.filter((item) => item.split === split);
    const chosen = spread(all, maxItems);
    const order = createRandom({ seed, epoch: 0, sample: 0, purpose: `evaluate ${split}` }).permutation(chosen.length);
    return Array.from(order, (i) => chosen[i]!);
  });
}

async function readValues(checkpoint: string, { layout }: TrainerParts): Promise<Pick<Evaluated, 'values'> & Pick<LookOptions, 'step'>> {
  const { tensors, metadata } = await readSafetensors(checkpoint, (name) => !name.startsWith('optimizer/'));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const flat = new Float32Array(layout.valuesLength);
  for (const { name, shape, offset } of layout.entries) {
    const tensor = byName.get(name);
    if (!tensor || tensor.shape.join() !== shape.join()) {
      throw new PretextError('BAD_STATE', `"${checkpoint}" does not have "${name}" of shape [${shape.join(', ')}].`, {
        hint: 'Is it a checkpoint of this run?',
      });
    }
    flat.set(tensor.values, offset);
  }
  return { values: flat, step: Number(metadata['step'] ?? 0) };
}

function throwUnusable(items: readonly Item[], cause: unknown): never {
  throw new PretextError('DATA_UNUSABLE', `None of the ${items.length} items could be used, the last ("${items.at(-1)!.path}") because: ${messageOf(cause)}`, {
    hint: 'Are the data where the run had them? --data names another folder.', cause,
  });
}

interface Opening {
  readonly root: string;
  readonly recipe: Recipe;
  readonly soundHz: number | undefined;
  /** By the item's index. */
  readonly hidden: ReadonlyMap<number, Hidden>;
  /** What could not be decoded is added to it. */
  readonly counts: { unusable: number };
}

/** Decodes one item ahead, and of a video its middle segment. Counts the items that cannot be decoded. */
async function* openItems(items: readonly Item[], { root, recipe, soundHz, hidden, counts }: Opening, options: MeasureOptions): AsyncGenerator<EvaluationItem> {
  const { fps, segmentS, shortSide, links } = recipe.data;
  const files = createLocalFiles(root, { links });
  const hasVideo = items.some(({ kind }) => kind === 'video');
  const decoder = createDecoder({
    openItem: (item) => files.open(item),
    cacheBytes: FRAME_CACHE_BYTES, concurrency: DECODES_AT_ONCE, imageShortSide: shortSide, pixels: pixelChoiceOf(recipe.data), clip: { fps, segmentS, shortSide },
    ...dropUndefined({ ffmpeg: hasVideo ? await locateFfmpeg() : undefined, soundHz }),
  });
  const open = async (item: Item | undefined) =>
    item && decoder.decode(item, Math.floor(decoder.numSegments(item) / 2)).catch((error: unknown) => error);
  try {
    let next = open(items[0]);
    for (const [position, item] of items.entries()) {
      const media = await next;
      next = open(items[position + 1]);
      if (options.signal.aborted) throw new PretextError('CANCELLED', 'The evaluation was stopped.');
      if (position % PROGRESS_EVERY_ITEMS === 0) options.onProgress?.(`evaluating item ${position + 1} of ${items.length}`);
      if (media instanceof Error || media === undefined) {
        counts.unusable += 1;
        if (counts.unusable === items.length) throwUnusable(items, media);
      }
      else yield { media, split: item.split, ...dropUndefined({ label: item.label, hidden: hidden.get(item.index) }) } as EvaluationItem;
    }
  } finally {
    await decoder.dispose();
    await files.dispose();
  }
}
