// Predicted masks in words: how large a share of the pixels each class has.

import type { MaskPrediction } from '../predict/masks.js';
import type { Predicted } from '../predict/predict-items.js';
import { formatByPath } from './by-path.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const list = (shares: MaskPrediction['shares']): string => shares.map(({ label, share }) => `${label} ${percent(share)}`).join(', ');

/** Lines without their ends: a picture each, its classes from the largest. */
export function formatMasks({ predictions }: Pick<Predicted<MaskPrediction>, 'predictions'>): string[] {
  return formatByPath(predictions, ({ shares }) => list(shares));
}

/** Shares of all pixels, the largest first. */
export function summariseMasks({ predictions, classes }: Pick<Predicted<MaskPrediction>, 'predictions' | 'classes'>): string {
  const counts = new Map(classes.map((label) => [label, 0]));
  for (const { width, height, shares } of predictions) for (const { label, share } of shares) counts.set(label, counts.get(label)! + share * width * height);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shares = [...counts].map(([label, count]) => ({ label, share: count / total })).filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
  return `${predictions.length} ${predictions.length === 1 ? 'picture' : 'pictures'}: ${list(shares)} of the pixels`;
}
