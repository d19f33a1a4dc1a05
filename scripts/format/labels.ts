// Predicted classes of items that may have several, as a table of comma-separated values and in words.

import { countBy } from '../../shared/datasets/name-some.js';
import type { LabelPrediction } from '../predict/labels.js';
import type { Predicted } from '../predict/predict-items.js';
import { formatByPath } from './by-path.js';
import { formatCsvRow } from './csv.js';

const DIGITS = 6;
/** Of an item whose classes are known to be none, as a list of labels has it. */
const NONE = ';';

/** A header, then a line for each item: its path, its classes as a list of labels has them, then the confidence in each class. */
export function* formatLabelsAsCsv({ predictions, classes }: Pick<Predicted<LabelPrediction>, 'predictions' | 'classes'>): Generator<string> {
  yield formatCsvRow(['path', 'label', ...classes]);
  for (const { path, labels, confidences } of predictions) {
    yield formatCsvRow([path, labels.map(({ label }) => label).join(';') || NONE, ...confidences.map((confidence) => confidence.toFixed(DIGITS))]);
  }
}

/** Lines without their ends: an item each. */
export function formatLabels({ predictions }: Pick<Predicted<LabelPrediction>, 'predictions'>): string[] {
  return formatByPath(predictions, ({ labels }) => labels.map(({ label, confidence }) => `${label} ${(100 * confidence).toFixed(1)} %`).join(', ') || 'of no class');
}

/** How many items have each class, the most frequent first. */
export function summariseLabels({ predictions }: Pick<Predicted<LabelPrediction>, 'predictions'>): string {
  const numEmpty = predictions.filter(({ labels }) => labels.length === 0).length;
  const counts = countBy(predictions.flatMap(({ labels }) => labels), ({ label }) => label).map(([name, count]) => `${count} ${name}`);
  return `${predictions.length} ${predictions.length === 1 ? 'item' : 'items'}: ${[...counts, ...(numEmpty > 0 ? [`${numEmpty} of no class`] : [])].join(', ')}`;
}
