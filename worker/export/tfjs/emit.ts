// A graph as a graph model of TensorFlow.js, in operations of TensorFlow. Maps lie as [N, S, S, C]; the input is `pixels`, numbers 0..1.

import { NORMALISED, type Graph, type GraphNode, type GraphOutput, type Padding } from '../graph.js';
import { createGraphWriter, describeModel, listWeights, ofFlag, ofText, ofWhole, ofWholes, type GraphWriter, type ModelJson } from './model.js';

interface Window {
  readonly name: string;
  readonly input: string;
  readonly stride: number;
  readonly padding: Padding;
  /** Of the window and of the map that comes out. */
  readonly size: number;
  readonly side: number;
}

/** Zeros around a map where the operation itself cannot add them so; and the padding that is left to it. */
function pad({ name, input, stride, padding: [before, behind], size, side }: Window, { node, wholes }: GraphWriter): readonly [input: string, padding: 'SAME' | 'VALID'] {
  if (before + behind === 0) return [input, 'VALID'];
  // Pooling and convolution alike put the smaller half before the map.
  const sideBefore = (side - 1) * stride + size - before - behind;
  if (Math.ceil(sideBefore / stride) === side && behind - before >= 0 && behind - before <= 1) return [input, 'SAME'];
  const around = wholes(`${name}.around`, [0, 0, before, behind, before, behind, 0, 0], [4, 2]);
  return [node('Pad', [input, around], `${name}.padded`), 'VALID'];
}

const windowAttributes = (stride: number, padding: string): Record<string, object> =>
  ({ strides: ofWholes([1, stride, stride, 1]), padding: ofText(padding), data_format: ofText('NHWC') });

/** (x - mean) / sqrt(variance + epsilon) over some axes. */
function standardise({ name, input, axes, epsilon }: { readonly name: string; readonly input: string; readonly axes: readonly number[]; readonly epsilon: number }, { node, wholes, scalar }: GraphWriter): string {
  const along = wholes(`${name}.axes`, axes);
  const centred = node('Sub', [input, node('Mean', [input, along], `${name}.mean`, { keep_dims: ofFlag(true) })], `${name}.centred`);
  const variance = node('Mean', [node('Square', [centred], `${name}.squares`), along], `${name}.variance`, { keep_dims: ofFlag(true) });
  const inverse = node('Rsqrt', [node('AddV2', [variance, scalar(`${name}.epsilon`, epsilon)], `${name}.spread`)], `${name}.inverse`);
  return node('Mul', [centred, inverse], `${name}.standard`);
}

interface Affine {
  readonly name: string;
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

function scaleAndShift({ name, scale, shift }: Affine, input: string, { node, floats }: GraphWriter): string {
  const scaled = node('Mul', [input, floats(`${name}.scale`, [scale.length], scale)], `${name}.scaled`);
  return node('AddV2', [scaled, floats(`${name}.shift`, [shift.length], shift)], name);
}

/** What each operation becomes; the last node of it has the node's name. */
type Emitters = { readonly [Op in GraphNode['op']]: (node: Extract<GraphNode, { op: Op }>, writer: GraphWriter) => void };

const emitters: Emitters = {
  convolution({ name, input, kernel: { shape, values }, bias, stride, padding, side }, writer) {
    const { node, floats } = writer;
    const [padded, left] = pad({ name, input, stride, padding, size: shape[0]!, side }, writer);
    const inputs = [padded, floats(`${name}.kernel`, shape, values)];
    const map = node('Conv2D', inputs, bias ? `${name}.map` : name, { ...windowAttributes(stride, left), dilations: ofWholes([1, 1, 1, 1]) });
    if (bias) node('AddV2', [map, floats(`${name}.bias`, [bias.length], bias)], name);
  },
  groupNorm({ name, input, groups, scale, shift, epsilon, side }, writer) {
    const { node, wholes } = writer;
    const { length: channels } = scale;
    const grouped = node('Reshape', [input, wholes(`${name}.groups`, [-1, side ** 2, groups, channels / groups])], `${name}.grouped`);
    const standard = standardise({ name, input: grouped, axes: [1, 3], epsilon }, writer);
    const map = node('Reshape', [standard, wholes(`${name}.shape`, [-1, side, side, channels])], `${name}.map`);
    scaleAndShift({ name, scale, shift }, map, writer);
  },
  maxPool({ name, input, size, stride, padding, side }, writer) {
    const [padded, left] = pad({ name, input, stride, padding, size, side }, writer);
    writer.node('MaxPool', [padded], name, { ...windowAttributes(stride, left), ksize: ofWholes([1, size, size, 1]) });
  },
  relu: ({ name, input }, { node }) => node('Relu', [input], name),
  add: ({ name, left, right }, { node }) => node('AddV2', [left, right], name),
  mean: ({ name, input }, { node, wholes }) => node('Mean', [input, wholes(`${name}.axes`, [1, 2])], name, { keep_dims: ofFlag(false) }),
  dense({ name, input, kernel: { shape, values }, bias, tokens }, { node, floats, wholes }) {
    const rows = tokens > 0 ? node('Reshape', [input, wholes(`${name}.flat`, [-1, shape[0]!])], `${name}.rows`) : input;
    const product = node('MatMul', [rows, floats(`${name}.kernel`, shape, values)], `${name}.product`, { transpose_a: ofFlag(false), transpose_b: ofFlag(false) });
    const moved = bias ? node('AddV2', [product, floats(`${name}.bias`, [bias.length], bias)], `${name}.moved`) : product;
    if (tokens > 0) node('Reshape', [moved, wholes(`${name}.tokens`, [-1, tokens, shape[1]!])], name);
    else node('Identity', [moved], name);
  },
  toTokens: ({ name, input, side, channels }, { node, wholes }) => node('Reshape', [input, wholes(`${name}.shape`, [-1, side ** 2, channels])], name),
  toMap: ({ name, input, side, channels }, { node, wholes }) => node('Reshape', [input, wholes(`${name}.shape`, [-1, side, side, channels])], name),
  addConstant: ({ name, input, values: { shape, values } }, { node, floats }) => node('AddV2', [input, floats(`${name}.values`, shape, values)], name),
  prependToken({ name, input, token }, { node, floats, wholes, scalar }) {
    // As many tokens as there are pictures: the first patch of each, times 0.
    const patch = node('Slice', [input, wholes(`${name}.from`, [0, 0, 0]), wholes(`${name}.size`, [-1, 1, -1])], `${name}.patch`);
    const nothing = node('Mul', [patch, scalar(`${name}.zero`, 0)], `${name}.nothing`);
    const tokens = node('AddV2', [nothing, floats(`${name}.token`, [token.length], token)], `${name}.tokens`);
    node('ConcatV2', [tokens, input, wholes(`${name}.axis`, [1], [])], name, { N: ofWhole(2) });
  },
  dropToken({ name, input, tokens }, { node, wholes }) {
    node('Slice', [input, wholes(`${name}.from`, [0, 1, 0]), wholes(`${name}.size`, [-1, tokens - 1, -1])], name);
  },
  layerNorm({ name, input, scale, shift, epsilon }, writer) {
    scaleAndShift({ name, scale, shift }, standardise({ name, input, axes: [2], epsilon }, writer), writer);
  },
  attention: emitAttention,
  gelu({ name, input, isExact }, { node, scalar }) {
    if (!isExact) {
      const steep = node('Mul', [input, scalar(`${name}.steepness`, 1.702)], `${name}.steep`);
      return node('Mul', [input, node('Sigmoid', [steep], `${name}.share`)], name);
    }
    const error = node('Erf', [node('Mul', [input, scalar(`${name}.root`, Math.SQRT1_2)], `${name}.scaled`)], `${name}.error`);
    const share = node('Mul', [node('AddV2', [error, scalar(`${name}.one`, 1)], `${name}.twice`), scalar(`${name}.half`, 0.5)], `${name}.share`);
    return node('Mul', [input, share], name);
  },
};

function emitAttention({ name, input, heads, tokens, channels }: Extract<GraphNode, { op: 'attention' }>, { node, wholes, scalar }: GraphWriter): void {
  const perHead = channels / heads;
  const split = node('Reshape', [input, wholes(`${name}.heads`, [-1, tokens, 3, heads, perHead])], `${name}.split`);
  const byKind = node('Transpose', [split, wholes(`${name}.byKindOrder`, [2, 0, 3, 1, 4])], `${name}.byKind`);
  const pick = (kind: number, as: string): string =>
    node('GatherV2', [byKind, wholes(`${name}.${as}Place`, [kind], []), wholes(`${name}.${as}Axis`, [0], [])], `${name}.${as}`, { batch_dims: ofWhole(0) });
  const queries = node('Mul', [pick(0, 'queries'), scalar(`${name}.scale`, Math.fround(1 / Math.sqrt(perHead)))], `${name}.scaled`);
  const likeness = node('BatchMatMulV2', [queries, pick(1, 'keys')], `${name}.likeness`, { adj_x: ofFlag(false), adj_y: ofFlag(true) });
  const seen = node('BatchMatMulV2', [node('Softmax', [likeness], `${name}.shares`), pick(2, 'values')], `${name}.seen`, { adj_x: ofFlag(false), adj_y: ofFlag(false) });
  const together = node('Transpose', [seen, wholes(`${name}.order`, [0, 2, 1, 3])], `${name}.together`);
  node('Reshape', [together, wholes(`${name}.shape`, [-1, tokens, channels])], name);
}

function normalise({ input, channels, mean, deviation }: Graph, { node, floats }: GraphWriter): void {
  const centred = node('Sub', [input, floats('mean', [channels], Float32Array.from(mean))], 'centred');
  node('RealDiv', [centred, floats('deviation', [channels], Float32Array.from(deviation))], NORMALISED);
}

const shapeOf = ({ kind, side, channels }: GraphOutput): number[] => (kind === 'map' ? [-1, side, side, channels] : [-1, channels]);

export interface EmittedModel {
  readonly json: ModelJson;
  /** Of weights.bin, in pieces. */
  readonly weights: readonly Uint8Array[];
}

export function emitTfjs(graph: Graph, metadata: Readonly<Record<string, string>>): EmittedModel {
  const { writer, model } = createGraphWriter();
  normalise(graph, writer);
  for (const node of graph.nodes) (emitters[node.op] as (node: GraphNode, writer: GraphWriter) => void)(node, writer);
  for (const { name, node } of graph.outputs) writer.node('Identity', [node], name);
  const { input: name, side, channels } = graph;
  const outputs = graph.outputs.map((output) => ({ name: output.name, shape: shapeOf(output) }));
  return { json: describeModel(model, { inputs: [{ name, shape: [-1, side, side, channels] }], outputs, metadata }), weights: listWeights(model) };
}
