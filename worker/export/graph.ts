// A trunk as a graph of operations with its numbers in it: what every format that runs elsewhere is written from. It knows no layout of
// maps in memory; emitters choose theirs. Shape letters: N pictures, S side of a map, C channels, T tokens.

/** The name of a node is that of its one output. `map` is [N, S, S, C], `tokens` [N, T, C], `vector` [N, C]. */
export type GraphNode = { readonly name: string } & (
  /** map. Kernel [height, width, in, out]; as many zeros before and behind each row and column. */
  | { readonly op: 'convolution'; readonly input: string; readonly kernel: ConstantArray; readonly bias?: Float32Array; readonly stride: number; readonly padding: Padding; readonly side: number }
  /** map. Each group of channels of a picture to mean 0 and variance 1, then scaled and moved by channel. */
  | { readonly op: 'groupNorm'; readonly input: string; readonly groups: number; readonly scale: Float32Array; readonly shift: Float32Array; readonly epsilon: number; readonly side: number }
  /** map, of numbers of 0 or more. */
  | { readonly op: 'maxPool'; readonly input: string; readonly size: number; readonly stride: number; readonly padding: Padding; readonly side: number }
  /** Any. */
  | { readonly op: 'relu'; readonly input: string }
  | { readonly op: 'add'; readonly left: string; readonly right: string }
  /** map to vector. */
  | { readonly op: 'mean'; readonly input: string }
  /** vector or tokens. Kernel [in, out]; `tokens` is how many there are, 0 for a vector. */
  | { readonly op: 'dense'; readonly input: string; readonly kernel: ConstantArray; readonly bias?: Float32Array; readonly tokens: number }
  /** map to tokens, row by row, and back. */
  | { readonly op: 'toTokens'; readonly input: string; readonly side: number; readonly channels: number }
  | { readonly op: 'toMap'; readonly input: string; readonly side: number; readonly channels: number }
  /** tokens. */
  | { readonly op: 'addConstant'; readonly input: string; readonly values: ConstantArray }
  | { readonly op: 'prependToken'; readonly input: string; readonly token: Float32Array }
  | { readonly op: 'dropToken'; readonly input: string; readonly tokens: number }
  | { readonly op: 'layerNorm'; readonly input: string; readonly scale: Float32Array; readonly shift: Float32Array; readonly epsilon: number }
  /** From queries, keys and values, [N, T, 3C], to [N, T, C]. */
  | { readonly op: 'attention'; readonly input: string; readonly heads: number; readonly tokens: number; readonly channels: number }
  | { readonly op: 'gelu'; readonly input: string; readonly isExact: boolean }
);

export interface ConstantArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export type Padding = readonly [before: number, behind: number];

export interface GraphOutput {
  readonly name: string;
  readonly node: string;
  readonly kind: 'map' | 'vector';
  /** Of a map; 1 for a vector. */
  readonly side: number;
  readonly channels: number;
}

export interface Graph {
  /** Name of the input: pictures of numbers 0..1, which the graph normalises itself. */
  readonly input: string;
  readonly side: number;
  readonly channels: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** In the order of computation. The first one takes NORMALISED. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphOutput[];
}

/** The name of the pictures once they are normalised. */
export const NORMALISED = 'normalised';
export const INPUT = 'pixels';
