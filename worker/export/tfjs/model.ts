// The parts of a graph model of TensorFlow.js: nodes and constants as model.json has them, numbers in weights.bin.
// https://github.com/tensorflow/tfjs/tree/master/tfjs-converter

/** An attribute of a node, as JSON spells protocol buffers. */
export type Attribute = Readonly<Record<string, unknown>>;

export interface GraphNodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export interface GraphModel {
  readonly nodes: readonly GraphNodeJson[];
  readonly weights: readonly (WeightSpec & { readonly values: Float32Array | Int32Array })[];
}

export interface TensorInfo {
  readonly name: string;
  /** -1 for a length that is known when the graph runs. */
  readonly shape: readonly number[];
}

const FLOAT = 'DT_FLOAT';

/** Texts are in base 64 there. */
export const ofText = (value: string): Attribute => ({ s: Buffer.from(value).toString('base64') });
export const ofWholes = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
export const ofFlag = (value: boolean): Attribute => ({ b: value });
export const ofWhole = (value: number): Attribute => ({ i: String(value) });
const ofShape = (shape: readonly number[]): object => ({ dim: shape.map((size) => ({ size: String(size) })) });

export interface GraphWriter {
  /** Adds a node whose output has the name given; returns it. */
  node(op: string, inputs: readonly string[], name: string, attributes?: Readonly<Record<string, Attribute>>): string;
  floats(name: string, shape: readonly number[], values: Float32Array): string;
  wholes(name: string, values: readonly number[], shape?: readonly number[]): string;
  scalar(name: string, value: number): string;
}

export function createGraphWriter(): { readonly writer: GraphWriter; readonly model: GraphModel } {
  const nodes: GraphNodeJson[] = [];
  const weights: GraphModel['weights'][number][] = [];
  function constant(name: string, shape: readonly number[], values: Float32Array | Int32Array): string {
    const [type, dtype] = values instanceof Float32Array ? [FLOAT, 'float32' as const] : ['DT_INT32', 'int32' as const];
    nodes.push({ name, op: 'Const', attr: { value: { tensor: { dtype: type, tensorShape: ofShape(shape) } }, dtype: { type } } });
    weights.push({ name, shape, dtype, values });
    return name;
  }
  return {
    model: { nodes, weights },
    writer: {
      node(op, input, name, attributes = {}) {
        nodes.push({ name, op, input, attr: { T: { type: FLOAT }, ...attributes } });
        return name;
      },
      floats: constant,
      wholes: (name, values, shape = [values.length]) => constant(name, shape, Int32Array.from(values)),
      scalar: (name, value) => constant(name, [], Float32Array.of(value)),
    },
  };
}

const placeholder = ({ name, shape }: TensorInfo): GraphNodeJson =>
  ({ name, op: 'Placeholder', attr: { dtype: { type: FLOAT }, shape: { shape: ofShape(shape) } } });

const describe = ({ name, shape }: TensorInfo): object => ({ name: `${name}:0`, dtype: FLOAT, tensorShape: ofShape(shape) });

/** What model.json holds. */
export interface ModelJson {
  readonly format: 'graph-model';
  readonly generatedBy: string;
  readonly convertedBy: string;
  readonly signature: { readonly inputs: Readonly<Record<string, object>>; readonly outputs: Readonly<Record<string, object>> };
  readonly userDefinedMetadata: Readonly<Record<string, string>>;
  readonly modelTopology: { readonly node: readonly GraphNodeJson[]; readonly versions: { readonly producer: number } };
  readonly weightsManifest: readonly [{ readonly paths: readonly [string]; readonly weights: readonly WeightSpec[] }];
}

interface Described {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
}

export const WEIGHTS_FILE = 'weights.bin';

/** A version of TensorFlow's graphs that has all of these operations. */
const PRODUCER = 1482;

export function describeModel({ nodes, weights }: GraphModel, { inputs, outputs, metadata }: Described): ModelJson {
  const byName = (tensors: readonly TensorInfo[]): Record<string, object> => Object.fromEntries(tensors.map((tensor) => [tensor.name, describe(tensor)]));
  return {
    format: 'graph-model', generatedBy: 'pretext', convertedBy: 'pretext', signature: { inputs: byName(inputs), outputs: byName(outputs) }, userDefinedMetadata: metadata,
    modelTopology: { node: [...inputs.map(placeholder), ...nodes], versions: { producer: PRODUCER } },
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) }],
  };
}

/** What weights.bin holds, in pieces. */
export const listWeights = ({ weights }: GraphModel): Uint8Array[] => weights.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
