// A block of a transformer as the arrays of its state (Vaswani et al. 2017, with the normalisation first, as ViT has it).
// Loads no tensor library; transformer.ts computes.

import type { StateSpec } from '../../shared/state/spec.js';
import { affineState, denseState, type Dense } from './layer-state.js';

/** Added to the variance of a token. */
export const TOKEN_EPSILON = 1e-6;

export type Gelu = 'quick' | 'exact';

export interface Block {
  readonly name: string;
  readonly width: number;
  readonly heads: number;
  /** Hidden numbers of the perceptron, times the width. */
  readonly ratio: number;
  /** The Gaussian error linear unit itself, or the quick one near it. Default quick. */
  readonly gelu?: Gelu;
}

/** Brings the He-uniform bound to that of Xavier, which transformers begin with. */
const xavier = (numInputs: number, numOutputs: number): number => Math.sqrt(numInputs / (numInputs + numOutputs));

const dense = (name: string, numInputs: number, numOutputs: number): Dense => ({ name, numInputs, numOutputs, gain: xavier(numInputs, numOutputs) });

export interface BlockLayers {
  readonly queriesKeysValues: Dense;
  readonly projection: Dense;
  readonly expand: Dense;
  readonly contract: Dense;
}

export function planBlock({ name, width, ratio }: Block): BlockLayers {
  return {
    queriesKeysValues: dense(`${name}/attention/qkv`, width, 3 * width),
    projection: dense(`${name}/attention/projection`, width, width),
    expand: dense(`${name}/mlp/expand`, width, ratio * width),
    contract: dense(`${name}/mlp/contract`, ratio * width, width),
  };
}

/** Scale and shift of a normalisation over the numbers of a token. */
export const layerNormState = (name: string, width: number): StateSpec[] => affineState(name, width);

export function blockState(block: Block): StateSpec[] {
  const { queriesKeysValues, projection, expand, contract } = planBlock(block);
  return [
    ...layerNormState(`${block.name}/norm1`, block.width), ...denseState(queriesKeysValues), ...denseState(projection),
    ...layerNormState(`${block.name}/norm2`, block.width), ...denseState(expand), ...denseState(contract),
  ];
}
