// Classes of items, of which each may have several or none.

import { createLabeller } from '../../worker/evaluate/labeller.js';
import { confidenceOf } from '../../worker/evaluate/multi-label.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { rank, type Guess } from './classes.js';
import { predictItems, type Predicted, type PredictOptions } from './predict-items.js';

export interface LabelPrediction {
  readonly path: string;
  /** Those that it is said to have, the surest first. */
  readonly labels: readonly Guess[];
  /** Of all classes, in the order of their numbers. */
  readonly confidences: readonly number[];
}

/** A class is said to be there from the confidence `threshold` on. Throws PretextError as predictItems does. */
export const predictLabels = (opened: OpenedCheckpoint, { threshold, ...options }: PredictOptions & { readonly threshold: number }): Promise<Predicted<LabelPrediction>> =>
  predictItems(opened, options, ({ learning, parts, values }) => {
    const { classes, label, dispose } = createLabeller(learning, parts, values)!;
    return {
      classes, dispose,
      async tell({ media }, path) {
        const logits = await label(media);
        if (!logits) return undefined;
        const confidences = Array.from(logits, confidenceOf);
        return { path, labels: rank(classes, confidences).filter(({ confidence }) => confidence >= threshold), confidences };
      },
    };
  });
