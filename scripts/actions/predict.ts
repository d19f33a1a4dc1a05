// What `pretext predict` does: tells the classes of files, and writes or prints them.

import { writeWhole } from '../../shared/write-whole.js';
import type { PredictFlags } from '../commands/predict.js';
import { formatLines } from '../format/lines.js';
import { formatPredictions, formatPredictionsAsCsv, summarisePredictions } from '../format/predictions.js';
import { formatUnusable } from '../format/unusable.js';
import { prepareFile } from '../measure/prepare-file.js';
import { predictItems } from '../predict/predict-items.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as predictItems does, BAD_ARGUMENT for a name that does not end in .csv, DISK_FULL. */
export async function printPredictions(from: string, paths: readonly string[], { out, top, backend, json = false }: PredictFlags): Promise<void> {
  if (out !== undefined) await prepareFile(out, { endings: ['.csv'] });
  const predicted = await predictItems({ from, paths, top, backend, signal: stopOnSignals(), onProgress: showProgress });
  if (out !== undefined) await writeWhole(out, formatPredictionsAsCsv(predicted.predictions, Math.min(top, predicted.classes.length)));
  if (json) return void process.stdout.write(`${JSON.stringify(predicted)}\n`);
  const unusable = formatUnusable(predicted.unusable);
  process.stdout.write(formatLines(out === undefined ? [...formatPredictions(predicted), ...unusable] : [summarisePredictions(predicted), ...unusable, out]));
}
