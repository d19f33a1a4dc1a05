// Puts the nodes of a graph together: convolutions with the normalisation that a trained one can do without, and the sides of maps.

import { EPSILON, groupsOf, KERNEL_EPSILON, type Convolution, type Dense } from '../../models/layer-state.js';
import type { Padding as PaddingKind } from '../../models/layer-state.js';
import type { ConstantArray, GraphNode, Padding } from '../graph.js';
import type { Values } from './values.js';

/** A map on its way through the trunk. */
export interface MapOf {
  readonly node: string;
  readonly side: number;
}

interface Window {
  readonly size: number;
  readonly stride: number;
  readonly padding?: PaddingKind | undefined;
}

/** Zeros before and behind, as padFor in worker/models/padding.ts and the convolution behind it have them. */
function paddingOf({ size, stride, padding = 'same' }: Window, side: number): Padding {
  const total = Math.max(0, (Math.ceil(side / stride) - 1) * stride + size - side);
  const before = padding === 'torch' && stride > 1 ? (size - 1) / 2 : Math.floor(total / 2);
  return [before, Math.max(0, total - before)];
}

/** Mean 0 and length about 1 for each output channel, as standardizeWeights has them. */
export function standardiseKernel({ shape, values }: ConstantArray): ConstantArray {
  const channels = shape.at(-1)!;
  const fanIn = values.length / channels;
  const standard = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    let [sum, energy] = [0, 0];
    for (let i = c; i < values.length; i += channels) sum += values[i]!;
    const mean = sum / fanIn;
    for (let i = c; i < values.length; i += channels) energy += (values[i]! - mean) ** 2;
    for (let i = c; i < values.length; i += channels) standard[i] = (values[i]! - mean) / Math.sqrt(energy + KERNEL_EPSILON);
  }
  return { shape, values: standard };
}

/** A convolution without a bias and the batch normalisation behind it, by its running statistics, as one with a bias. */
function foldBatchNorm({ shape, values }: ConstantArray, name: string, trunk: Values): { readonly kernel: ConstantArray; readonly bias: Float32Array } {
  const [scale, shift, mean, variance] = ['scale', 'shift', 'mean', 'variance'].map((part) => trunk.vector(`${name}/${part}`)) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const factors = Float64Array.from(scale, (each, c) => each / Math.sqrt(variance[c]! + EPSILON));
  return {
    kernel: { shape, values: values.map((value, i) => value * factors[i % factors.length]!) },
    bias: Float32Array.from(shift, (each, c) => each - mean[c]! * factors[c]!),
  };
}

export interface Builder {
  readonly nodes: readonly GraphNode[];
  /** Adds a node and returns its name. */
  add(node: GraphNode): string;
  convolve(layer: Convolution, input: MapOf): MapOf;
  pool(window: Window, input: MapOf): MapOf;
  dense(layer: Dense, input: string, tokens: number): string;
}

export function createBuilder(trunk: Values): Builder {
  const nodes: GraphNode[] = [];
  const add = (node: GraphNode): string => {
    nodes.push(node);
    return node.name;
  };
  function convolve(layer: Convolution, input: MapOf): MapOf {
    const { name, stride, norm, relu } = layer;
    const stored = trunk.array(`${name}/kernel`);
    const side = Math.ceil(input.side / stride);
    const weights = {
      group: () => ({ kernel: standardiseKernel(stored) }),
      batch: () => foldBatchNorm(stored, name, trunk),
      none: () => ({ kernel: stored, bias: trunk.vector(`${name}/bias`) }),
    }[norm]();
    let node = add({ name, op: 'convolution', input: input.node, ...weights, stride, padding: paddingOf(layer, input.side), side });
    if (norm === 'group') {
      const [scale, shift] = [trunk.vector(`${name}/scale`), trunk.vector(`${name}/shift`)];
      node = add({ name: `${name}/norm`, op: 'groupNorm', input: node, groups: groupsOf(layer.channelsOut), scale, shift, epsilon: EPSILON, side });
    }
    return { node: relu ? add({ name: `${name}/relu`, op: 'relu', input: node }) : node, side };
  }
  return {
    nodes, add, convolve,
    pool({ size, stride, padding }, { node: input, side: before }) {
      const side = Math.ceil(before / stride);
      return { node: add({ name: 'trunk/pool', op: 'maxPool', input, size, stride, padding: paddingOf({ size, stride, padding }, before), side }), side };
    },
    dense({ name, bias = true }, input, tokens) {
      return add({ name, op: 'dense', input, kernel: trunk.array(`${name}/kernel`), ...(bias && { bias: trunk.vector(`${name}/bias`) }), tokens });
    },
  };
}
