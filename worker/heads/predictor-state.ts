// The head that guesses one view's row from the other's: its options and its state. Loads no tensor library; predictor.ts computes.

import type { StateSpec } from '../../shared/state/spec.js';
import { denseState, type Dense } from '../models/layer-state.js';
import type { RowNorm } from './projection-state.js';

export interface PredictorOptions {
  /** Numbers of the hidden layer. */
  readonly predictorHidden: number;
  /** Numbers of a row. */
  readonly dims: number;
  readonly norm: RowNorm;
}

/** What the names of its arrays begin with. */
const PREDICTOR = 'head/predictor';

export const planPredictor = ({ predictorHidden, dims, norm }: PredictorOptions): { readonly hidden: Dense; readonly last: Dense } => ({
  hidden: { name: `${PREDICTOR}/hidden`, numInputs: dims, numOutputs: predictorHidden, bias: norm === 'none' },
  last: { name: `${PREDICTOR}/last`, numInputs: predictorHidden, numOutputs: dims },
});

export function predictorState(options: PredictorOptions): StateSpec[] {
  const { hidden, last } = planPredictor(options);
  return [hidden, last].flatMap(denseState);
}
