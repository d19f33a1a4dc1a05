// Which held-out items a fine-tuned checkpoint finds the class of: each item once, as it is, nothing of it changed.

import { backends, chooseBackend } from '../../worker/backends/index.js';
import { createClassifier } from '../../worker/evaluate/classifier.js';
import type { MeasureOptions } from '../actions/measure-checkpoint.js';
import { openCheckpoint } from '../actions/open-checkpoint.js';
import { findItems } from './find-items.js';
import { loadParts } from './load-parts.js';
import { openItems } from './open-items.js';

export interface Answered {
  /** Paths of items whose class was found, in the order of the listing. */
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  /** Paths that could not be decoded. */
  readonly unusable: readonly string[];
}

/** Takes all held-out items of a known class, as `pretext predict` sees them. Throws PretextError as openCheckpoint, findItems and openItems do. */
export async function answerItems({ run, checkpoint, data: folder, backend, signal, onProgress }: MeasureOptions): Promise<Answered> {
  const opened = await openCheckpoint(run, checkpoint);
  const { recipe } = opened;
  const { data, items } = await findItems(opened, { folder, signal });
  const heldOut = items.filter(({ split, label }) => split === 'test' && label !== undefined && recipe.data.classes?.includes(label));
  const started = await backends[await chooseBackend(backend)].start();
  try {
    const { parts, values } = await loadParts(opened);
    const classifier = createClassifier(recipe, parts, values)!;
    try {
      const [right, wrong, unusable]: [string[], string[], string[]] = [[], [], []];
      for await (const { item, media } of openItems(heldOut, { data, signal, onProgress, onUnusable: ({ path }) => { unusable.push(path); } })) {
        const probabilities = await classifier.classify(media.frames, recipe.evaluate.framesPerVideo);
        const best = probabilities.indexOf(Math.max(...probabilities));
        (classifier.classes[best] === item.label ? right : wrong).push(item.path);
      }
      return { right, wrong, unusable };
    } finally {
      classifier.dispose();
    }
  } finally {
    await started.dispose();
  }
}
