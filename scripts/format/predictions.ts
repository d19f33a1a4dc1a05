// Predicted classes, as a table of comma-separated values and in words.

import { countBy } from '../../shared/datasets/name-some.js';
import type { ClassPrediction } from '../predict/classes.js';
import type { Predicted } from '../predict/predict-items.js';
import { formatByPath } from './by-path.js';
import { formatCsvRow } from './csv.js';

const DIGITS = 6;

/** A header, then a line for each item: its path, then label and confidence of its `top` most probable classes. */
export function* formatPredictionsAsCsv(predictions: readonly ClassPrediction[], top: number): Generator<string> {
  yield formatCsvRow(['path', ...Array.from({ length: top }, (_, i) => (i === 0 ? ['label', 'confidence'] : [`label_${i + 1}`, `confidence_${i + 1}`])).flat()]);
  for (const { path, top: guesses } of predictions) {
    yield formatCsvRow([path, ...guesses.flatMap(({ label, confidence }) => [label, confidence.toFixed(DIGITS)])]);
  }
}

/** Lines without their ends: an item each. */
export function formatPredictions({ predictions }: Pick<Predicted<ClassPrediction>, 'predictions'>): string[] {
  return formatByPath(predictions, ({ top }) => top.map(({ label, confidence }) => `${label} ${(100 * confidence).toFixed(1)} %`).join(', '));
}

/** How many items are of each class, the most frequent first. */
export function summarisePredictions({ predictions }: Pick<Predicted<ClassPrediction>, 'predictions'>): string {
  const parts = countBy(predictions, ({ top: [best] }) => best!.label).map(([label, count]) => `${count} ${label}`);
  return `${predictions.length} ${predictions.length === 1 ? 'item' : 'items'}: ${parts.join(', ')}`;
}
