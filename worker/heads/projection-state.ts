// The head that turns a feature map into one row of length 1 to be compared with others: its options and its state. Loads no
// tensor library; projection.ts computes.

import type { StateSpec } from '../../shared/state/spec.js';
import { denseState, type Dense } from '../models/layer-state.js';
import type { TrunkShape } from '../tasks/task.js';

export interface ProjectionOptions {
  /** `mlp`: a hidden layer with ReLU before the last one. */
  readonly head: 'mlp' | 'linear';
  /** Numbers of the hidden layer. */
  readonly hidden: number;
  /** Numbers of a row. */
  readonly dims: number;
}

/** The layers over so many channels of the trunk, first to last. */
export function planProjection({ head, hidden, dims }: ProjectionOptions, channels: number): Dense[] {
  if (head === 'linear') return [{ name: 'head/projection', numInputs: channels, numOutputs: dims }];
  return [
    { name: 'head/hidden', numInputs: channels, numOutputs: hidden },
    { name: 'head/projection', numInputs: hidden, numOutputs: dims },
  ];
}

/** The state of the head for a trunk's last feature map. */
export const projectionState = (options: ProjectionOptions, { channels }: TrunkShape): StateSpec[] =>
  planProjection(options, channels).flatMap(denseState);
