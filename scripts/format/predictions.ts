// Predicted classes, as a table of comma-separated values and in words.

import type { Predicted, Prediction } from '../predict/predict-items.js';
import { formatCsvRow } from './csv.js';

const DIGITS = 6;

/** A header, then a line for each item: its path, then label and confidence of its `top` most probable classes. */
export function* formatPredictionsAsCsv(predictions: readonly Prediction[], top: number): Generator<string> {
  yield formatCsvRow(['path', ...Array.from({ length: top }, (_, i) => (i === 0 ? ['label', 'confidence'] : [`label_${i + 1}`, `confidence_${i + 1}`])).flat()]);
  for (const { path, top: guesses } of predictions) {
    yield formatCsvRow([path, ...guesses.flatMap(({ label, confidence }) => [label, confidence.toFixed(DIGITS)])]);
  }
}

/** Lines without their ends: an item each. */
export function formatPredictions({ predictions }: Pick<Predicted, 'predictions'>): string[] {
  const longest = Math.max(...predictions.map(({ path }) => path.length));
  return predictions.map(({ path, top }) => `${path.padEnd(longest)}  ${top.map(({ label, confidence }) => `${label} ${(100 * confidence).toFixed(1)} %`).join(', ')}`);
}

/** How many items are of each class, the most frequent first. */
export function summarisePredictions({ predictions }: Pick<Predicted, 'predictions'>): string {
  const counts = new Map<string, number>();
  for (const { top: [best] } of predictions) counts.set(best!.label, (counts.get(best!.label) ?? 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([label, count]) => `${count} ${label}`);
  return `${predictions.length} ${predictions.length === 1 ? 'item' : 'items'}: ${parts.join(', ')}`;
}
