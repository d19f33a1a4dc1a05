// A checkpoint with the items that it is measured on: what every measurement of a checkpoint begins with.

import { findHidden } from '../../coordinator/run/name-classes.js';
import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import { throwOnOtherNames } from '../../shared/datasets/masks/mask-classes.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Hidden } from '../../shared/learning.js';
import { createRandom } from '../../shared/random/random.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import type { Evaluated, EvaluationItem } from '../../worker/evaluate/evaluate.js';
import type { LookOptions } from '../../worker/evaluate/look.js';
import { spread } from '../data/spread.js';
import { findItems } from '../measure/find-items.js';
import { loadParts } from '../measure/load-parts.js';
import { openItems, type OpenedItem } from '../measure/open-items.js';
import { openCheckpoint } from './open-checkpoint.js';

export interface MeasureOptions {
  /** The run's folder, or the file of a checkpoint. */
  readonly run: string;
  /** Default: the newest of the run. */
  readonly checkpoint?: string;
  /** Other data than the run's own. */
  readonly data?: string;
  readonly backend: string;
  /** Most items of each split, where the recipe has no lower number. */
  readonly maxItems?: number;
  /** Whether attentive probes are fitted too. */
  readonly withAttentive?: boolean;
  readonly signal: AbortSignal;
  /** Called with a sentence about the progress, from time to time. */
  readonly onProgress?: (what: string) => void;
}

export interface Measured<Result> {
  readonly result: Result;
  readonly checkpoint: string;
  readonly data: string;
  /** Items that could not be decoded. */
  readonly numUnusable: number;
  readonly unusable: readonly RejectedItem[];
}

/** What is measured of a checkpoint with the items of its run. */
export type Measurement<Result> = (evaluated: Evaluated, items: AsyncIterable<EvaluationItem>, options: LookOptions) => Promise<Result>;

/** Throws PretextError NOT_FOUND without a checkpoint, BAD_STATE when it is of another model, BAD_ARGUMENT for masks of other classes than were learnt, CANCELLED. */
export async function measureCheckpoint<Result>(options: MeasureOptions, measure: Measurement<Result>): Promise<Measured<Result>> {
  const { signal, onProgress } = options;
  const opened = await openCheckpoint(options.run, options.checkpoint);
  const { path, recipe, provenance: { step }, convention } = opened;
  const { data, items, maskClasses } = await findItems(opened, { folder: options.data, signal });
  const started = await backends[await chooseBackend(options.backend)].start();
  try {
    const { parts, values } = await loadParts(opened);
    if (parts.puzzle.needs.mask && recipe.data.classes && maskClasses) throwOnOtherNames(data.root, recipe.data.classes, maskClasses);
    const chosen = choose(items, recipe, Math.min(options.maxItems ?? Infinity, recipe.evaluate.maxItems));
    const hidden = options.data === undefined ? findHidden(recipe, items) : new Map<number, Hidden>();
    const unusable: RejectedItem[] = [];
    const seen = openItems(chosen, {
      data, signal, soundHz: parts.puzzle.needs.soundHz, masks: parts.puzzle.needs.mask,
      onProgress: (what) => onProgress?.(`evaluating ${what}`), onUnusable: (rejected) => { unusable.push(rejected); },
    });
    const result = await measure({ parts, values, learning: recipe, isTrunkAlone: convention !== undefined }, toEvaluation(seen, hidden), {
      seed: recipe.seed, puzzlesPerItem: recipe.evaluate.puzzlesPerItem, framesPerItem: recipe.evaluate.framesPerVideo, step, withAttentive: options.withAttentive ?? false,
    });
    return { result, checkpoint: path, data: data.root, numUnusable: unusable.length, unusable };
  } finally {
    await started.dispose();
  }
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

async function* toEvaluation(opened: AsyncIterable<OpenedItem>, hidden: ReadonlyMap<number, Hidden>): AsyncGenerator<EvaluationItem> {
  for await (const { item: { index, split, label }, media } of opened) yield { media, split, ...dropUndefined({ label, hidden: hidden.get(index) }) };
}
