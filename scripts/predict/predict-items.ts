// What a checkpoint says of files, whatever it has learnt: opens both, and asks of one file after another.

import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import type { Learning } from '../../shared/recipe/tasks.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { findFiles } from '../measure/find-files.js';
import { loadParts } from '../measure/load-parts.js';
import { openItems, type OpenedItem } from '../measure/open-items.js';

export interface PredictOptions {
  /** Folders and files. */
  readonly paths: readonly string[];
  readonly backend: string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((what: string) => void) | undefined;
}

/** What a checkpoint has learnt, and what it is asked about. */
export interface Asked {
  readonly learning: Learning;
  readonly parts: TrainerParts;
  /** Of the whole state, [valuesLength]. */
  readonly values: Float32Array;
  /** As the recipe says. */
  readonly framesPerItem: number;
  /** Paths of all items as people know them, in their order. */
  readonly paths: readonly string[];
}

export interface Teller<Prediction> {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** Why an item cannot be told of, in a sentence; undefined where it can. */
  refuse?(item: Item): string | undefined;
  /** Undefined where an item shows nothing. */
  tell(opened: OpenedItem, path: string): Promise<Prediction | undefined>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

export interface Predicted<Prediction> {
  readonly checkpoint: string;
  readonly classes: readonly string[];
  /** In the order of the arguments, and of the listing of each folder. */
  readonly predictions: readonly Prediction[];
  readonly unusable: readonly RejectedItem[];
}

/** Throws PretextError as findFiles and openItems do. */
export async function predictItems<Prediction>(opened: OpenedCheckpoint, { paths, backend, signal, onProgress }: PredictOptions, open: (asked: Asked) => Teller<Prediction>): Promise<Predicted<Prediction>> {
  const { path, recipe } = opened;
  const { parts, values } = await loadParts(opened);
  const { data, items, rejected, nameOf } = await findFiles(opened, paths, signal);
  const started = await backends[await chooseBackend(backend)].start();
  try {
    const teller = open({ learning: recipe, parts, values, framesPerItem: recipe.evaluate.framesPerVideo, paths: items.map((item) => nameOf(item)) });
    try {
      const unusable = [...rejected];
      const refuse = (item: Item, reason: string): void => { unusable.push({ path: nameOf(item), code: 'DATA_UNUSABLE', reason }); };
      const names = new Map(items.map((item) => [item.path, nameOf(item)]));
      const fit = items.filter((item) => {
        const reason = teller.refuse?.(item);
        if (reason !== undefined) refuse(item, reason);
        return reason === undefined;
      });
      const predictions: Prediction[] = [];
      const onUnusable = (file: RejectedItem): void => { unusable.push({ ...file, path: names.get(file.path)! }); };
      for await (const each of openItems(fit, { data, signal, onProgress, onUnusable })) {
        const prediction = await teller.tell(each, nameOf(each.item));
        if (prediction === undefined) refuse(each.item, 'It shows nothing that could be told.');
        else predictions.push(prediction);
      }
      return { checkpoint: path, classes: teller.classes, predictions, unusable };
    } finally {
      teller.dispose();
    }
  } finally {
    await started.dispose();
  }
}
