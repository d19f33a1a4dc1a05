// What `pretext predict` does: tells the classes of files, or of their pixels, and writes or prints them.

import type { PredictFlags } from '../commands/predict.js';
import { formatLines } from '../format/lines.js';
import { formatUnusable } from '../format/unusable.js';
import { tellItems } from '../predict/kinds.js';
import { openCheckpoint } from './open-checkpoint.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as openCheckpoint and tellItems do. */
export async function printPredictions(from: string, paths: readonly string[], { backend, json = false, ...flags }: PredictFlags): Promise<void> {
  const signal = stopOnSignals();
  const { predicted, lines } = await tellItems(await openCheckpoint(from), { paths, backend, signal, onProgress: showProgress }, flags);
  if (json) return void process.stdout.write(`${JSON.stringify(predicted)}\n`);
  process.stdout.write(formatLines([...lines, ...formatUnusable(predicted.unusable), ...(flags.out === undefined ? [] : [flags.out])]));
}
