// The messages of an ONNX file (opset 17): nodes, constants, inputs and outputs. https://github.com/onnx/onnx/blob/main/docs/IR.md

import { bytes, float, message, text, whole, type Field } from './protobuf.js';

const OPSET = 17;
/** Of the file format that has this opset. */
const IR_VERSION = 8;

const FLOAT = 1;
const INT64 = 7;

/** Of a node: whole numbers, or lists of them; `{ float }` for others. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** A text is a length that is known when the graph runs. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

function encodeAttribute(name: string, value: Attribute): Field {
  if (typeof value === 'number') return message(5, text(1, name), whole(3, value), whole(20, 2));
  if ('float' in value) return message(5, text(1, name), float(2, value.float), whole(20, 1));
  return message(5, text(1, name), ...value.map((each) => whole(8, each)), whole(20, 7));
}

function encodeNode({ type, inputs, output, attributes = {} }: OnnxNode): Field {
  const fields = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
  return message(1, ...inputs.map((input) => text(1, input)), text(2, output), text(3, output), text(4, type), ...fields);
}

function encodeConstant({ name, shape, values }: OnnxConstant): Field {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(5, ...shape.map((extent) => whole(1, extent)), whole(2, values instanceof Float32Array ? FLOAT : INT64), text(8, name), bytes(9, data));
}

function encodeValue(field: number, { name, shape }: OnnxValue): Field {
  const extents = shape.map((extent) => message(1, typeof extent === 'number' ? whole(1, extent) : text(2, extent)));
  return message(field, text(1, name), message(2, message(1, whole(1, FLOAT), message(2, ...extents))));
}

/** The bytes of a file, in pieces. */
export function encodeModel({ nodes, constants, inputs, outputs, metadata }: OnnxModel): readonly Uint8Array[] {
  const graph = message(
    7, ...nodes.map(encodeNode), text(2, 'trunk'), ...constants.map(encodeConstant),
    ...inputs.map((value) => encodeValue(11, value)), ...outputs.map((value) => encodeValue(12, value)),
  );
  const entries = Object.entries(metadata).map(([key, value]) => message(14, text(1, key), text(2, value)));
  return [whole(1, IR_VERSION), text(2, 'pretext'), graph, message(8, text(1, ''), whole(2, OPSET)), ...entries].flat();
}
