// The head that turns a feature map into one row to be compared with others: its options and its state. Loads no tensor library;
// projection.ts computes.

import { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';
import { denseState, type Dense } from '../models/layer-state.js';
import type { TrunkShape } from '../tasks/task.js';

/** How a recipe says whether the layers of a head are normalised. */
export const rowNorm = z.enum(['microbatch', 'none']).default('microbatch')
  .describe('What goes into each ReLU of the head. microbatch: brought to mean 0 and variance 1 over the microbatch, as by batch norm. none: as it is.');

export type RowNorm = z.output<typeof rowNorm>;

export interface ProjectionOptions {
  /** `mlp`: hidden layers with ReLU before the last one. */
  readonly head: 'mlp' | 'linear';
  /** Numbers of each hidden layer. */
  readonly hidden: number;
  /** Numbers of a row. */
  readonly dims: number;
  /** Default 1. */
  readonly hiddenLayers?: number;
  /** Default `none`. */
  readonly norm?: RowNorm;
  /** Whether rows themselves are brought to mean 0 and variance 1 over the microbatch. Default false. */
  readonly normaliseRows?: boolean;
}

/** The layers over so many channels of the trunk, first to last. A bias before a normalisation would change nothing. */
export function planProjection({ head, hidden, dims, hiddenLayers = 1, norm = 'none', normaliseRows = false }: ProjectionOptions, channels: number): Dense[] {
  if (head === 'linear') return [{ name: 'head/projection', numInputs: channels, numOutputs: dims }];
  const layers = Array.from({ length: hiddenLayers }, (_, layer): Dense => ({
    name: layer === 0 ? 'head/hidden' : `head/hidden${layer + 1}`,
    numInputs: layer === 0 ? channels : hidden,
    numOutputs: hidden,
    bias: norm === 'none',
  }));
  return [...layers, { name: 'head/projection', numInputs: hidden, numOutputs: dims, bias: !normaliseRows }];
}

/** The state of the head for a trunk's last feature map. */
export const projectionState = (options: ProjectionOptions, { channels }: TrunkShape): StateSpec[] =>
  planProjection(options, channels).flatMap(denseState);
