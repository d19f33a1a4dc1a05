// A graph as an ONNX model. Maps lie as [N, C, S, S], as is usual there; the input is `pixels`, [batch, C, S, S], numbers 0..1.

import { KERNEL_AXES } from '../../../shared/checkpoint/foreign/convention.js';
import { permute } from '../../../shared/checkpoint/foreign/permute.js';
import { NORMALISED, type ConstantArray, type Graph, type GraphNode, type GraphOutput } from '../graph.js';
import { encodeModel, type Attribute, type OnnxConstant, type OnnxNode, type OnnxValue } from './model.js';

interface Writer {
  /** Adds a node whose output has the name given; returns it. */
  node(type: string, inputs: readonly string[], output: string, attributes?: Readonly<Record<string, Attribute>>): string;
  floats(name: string, shape: readonly number[], values: Float32Array): string;
  wholes(name: string, values: readonly number[]): string;
  scalar(name: string, value: number): string;
}

function createWriter(nodes: OnnxNode[], constants: OnnxConstant[]): Writer {
  const constant = (name: string, shape: readonly number[], values: OnnxConstant['values']): string => {
    constants.push({ name, shape, values });
    return name;
  };
  return {
    node(type, inputs, output, attributes = {}) {
      nodes.push({ type, inputs, output, attributes });
      return output;
    },
    floats: constant,
    wholes: (name, values) => constant(name, [values.length], BigInt64Array.from(values, BigInt)),
    scalar: (name, value) => constant(name, [], Float32Array.of(value)),
  };
}

const toOnnxKernel = ({ shape, values }: ConstantArray): ConstantArray =>
  ({ shape: KERNEL_AXES.map((axis) => shape[axis]!), values: permute(values, shape, KERNEL_AXES) });

const around = ([before, behind]: readonly [number, number]): number[] => [before, before, behind, behind];

/** What each operation becomes; the last node of it has the node's name. */
type Emitters = { readonly [Op in GraphNode['op']]: (node: Extract<GraphNode, { op: Op }>, writer: Writer) => void };

const emitters: Emitters = {
  convolution({ name, input, kernel, bias, stride, padding }, { node, floats }) {
    const { shape, values } = toOnnxKernel(kernel);
    const inputs = [input, floats(`${name}:kernel`, shape, values), ...(bias ? [floats(`${name}:bias`, [bias.length], bias)] : [])];
    node('Conv', inputs, name, { kernel_shape: shape.slice(2), strides: [stride, stride], pads: around(padding) });
  },
  groupNorm({ name, input, groups, scale, shift, epsilon, side }, { node, floats, wholes }) {
    const { length: channels } = scale;
    const grouped = node('Reshape', [input, wholes(`${name}:groups`, [0, groups, -1])], `${name}:grouped`);
    const ones = floats(`${name}:ones`, [groups], new Float32Array(groups).fill(1));
    const zeros = floats(`${name}:zeros`, [groups], new Float32Array(groups));
    const standard = node('InstanceNormalization', [grouped, ones, zeros], `${name}:standard`, { epsilon: { float: epsilon } });
    const map = node('Reshape', [standard, wholes(`${name}:shape`, [0, channels, side, side])], `${name}:map`);
    const scaled = node('Mul', [map, floats(`${name}:scale`, [channels, 1, 1], scale)], `${name}:scaled`);
    node('Add', [scaled, floats(`${name}:shift`, [channels, 1, 1], shift)], name);
  },
  maxPool: ({ name, input, size, stride, padding }, { node }) => node('MaxPool', [input], name, { kernel_shape: [size, size], strides: [stride, stride], pads: around(padding) }),
  relu: ({ name, input }, { node }) => node('Relu', [input], name),
  add: ({ name, left, right }, { node }) => node('Add', [left, right], name),
  mean: ({ name, input }, { node }) => node('ReduceMean', [input], name, { axes: [2, 3], keepdims: 0 }),
  dense({ name, input, kernel: { shape, values }, bias }, { node, floats }) {
    const product = node('MatMul', [input, floats(`${name}:kernel`, shape, values)], bias ? `${name}:product` : name);
    if (bias) node('Add', [product, floats(`${name}:bias`, [bias.length], bias)], name);
  },
  toTokens({ name, input, side, channels }, { node, wholes }) {
    const flat = node('Reshape', [input, wholes(`${name}:shape`, [0, channels, side ** 2])], `${name}:flat`);
    node('Transpose', [flat], name, { perm: [0, 2, 1] });
  },
  toMap({ name, input, side, channels }, { node, wholes }) {
    const turned = node('Transpose', [input], `${name}:turned`, { perm: [0, 2, 1] });
    node('Reshape', [turned, wholes(`${name}:shape`, [0, channels, side, side])], name);
  },
  addConstant: ({ name, input, values: { shape, values } }, { node, floats }) => node('Add', [input, floats(`${name}:values`, shape, values)], name),
  prependToken({ name, input, token }, { node, floats, wholes, scalar }) {
    // As many tokens as there are pictures: the first patch of each, times 0.
    const [from, to, axis] = [wholes(`${name}:from`, [0]), wholes(`${name}:to`, [1]), wholes(`${name}:axis`, [1])];
    const nothing = node('Mul', [node('Slice', [input, from, to, axis], `${name}:patch`), scalar(`${name}:zero`, 0)], `${name}:nothing`);
    const tokens = node('Add', [nothing, floats(`${name}:token`, [token.length], token)], `${name}:tokens`);
    node('Concat', [tokens, input], name, { axis: 1 });
  },
  dropToken({ name, input, tokens }, { node, wholes }) {
    node('Slice', [input, wholes(`${name}:from`, [1]), wholes(`${name}:to`, [tokens]), wholes(`${name}:axis`, [1])], name);
  },
  layerNorm({ name, input, scale, shift, epsilon }, { node, floats }) {
    const inputs = [input, floats(`${name}:scale`, [scale.length], scale), floats(`${name}:shift`, [shift.length], shift)];
    node('LayerNormalization', inputs, name, { axis: -1, epsilon: { float: epsilon } });
  },
  attention: emitAttention,
  gelu({ name, input, isExact }, { node, scalar }) {
    if (!isExact) {
      const steep = node('Mul', [input, scalar(`${name}:steepness`, 1.702)], `${name}:steep`);
      return node('Mul', [input, node('Sigmoid', [steep], `${name}:share`)], name);
    }
    const error = node('Erf', [node('Mul', [input, scalar(`${name}:root`, Math.SQRT1_2)], `${name}:scaled`)], `${name}:error`);
    const share = node('Mul', [node('Add', [error, scalar(`${name}:one`, 1)], `${name}:twice`), scalar(`${name}:half`, 0.5)], `${name}:share`);
    return node('Mul', [input, share], name);
  },
};

function emitAttention({ name, input, heads, tokens, channels }: Extract<GraphNode, { op: 'attention' }>, { node, wholes, scalar }: Writer): void {
  const perHead = channels / heads;
  const split = node('Reshape', [input, wholes(`${name}:heads`, [0, tokens, 3, heads, perHead])], `${name}:split`);
  const byKind = node('Transpose', [split], `${name}:byKind`, { perm: [2, 0, 3, 1, 4] });
  const pick = (kind: number, as: string): string => {
    const picked = node('Slice', [byKind, wholes(`${name}:${as}From`, [kind]), wholes(`${name}:${as}To`, [kind + 1]), wholes(`${name}:${as}Axis`, [0])], `${name}:${as}One`);
    return node('Squeeze', [picked, wholes(`${name}:${as}Squeezed`, [0])], `${name}:${as}`);
  };
  const queries = node('Mul', [pick(0, 'queries'), scalar(`${name}:scale`, Math.fround(1 / Math.sqrt(perHead)))], `${name}:scaled`);
  const keys = node('Transpose', [pick(1, 'keys')], `${name}:keysTurned`, { perm: [0, 1, 3, 2] });
  const shares = node('Softmax', [node('MatMul', [queries, keys], `${name}:likeness`)], `${name}:shares`, { axis: -1 });
  const seen = node('MatMul', [shares, pick(2, 'values')], `${name}:seen`);
  const together = node('Transpose', [seen], `${name}:together`, { perm: [0, 2, 1, 3] });
  node('Reshape', [together, wholes(`${name}:shape`, [0, tokens, channels])], name);
}

function normalise({ input, channels, mean, deviation }: Graph, { node, floats }: Writer): void {
  const centred = node('Sub', [input, floats('mean', [channels, 1, 1], Float32Array.from(mean))], 'centred');
  node('Div', [centred, floats('deviation', [channels, 1, 1], Float32Array.from(deviation))], NORMALISED);
}

const shapeOf = ({ kind, side, channels }: GraphOutput): OnnxValue['shape'] => (kind === 'map' ? ['batch', channels, side, side] : ['batch', channels]);

/** The bytes of the file, in pieces. `metadata` is for people and programs that look into it. */
export function emitOnnx(graph: Graph, metadata: Readonly<Record<string, string>>): readonly Uint8Array[] {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const writer = createWriter(nodes, constants);
  normalise(graph, writer);
  for (const node of graph.nodes) (emitters[node.op] as (node: GraphNode, writer: Writer) => void)(node, writer);
  for (const { name, node } of graph.outputs) writer.node('Identity', [node], name);
  return encodeModel({
    nodes, constants, metadata,
    inputs: [{ name: graph.input, shape: ['batch', graph.channels, graph.side, graph.side] }],
    outputs: graph.outputs.map((output) => ({ name: output.name, shape: shapeOf(output) })),
  });
}
