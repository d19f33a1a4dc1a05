// The little of Protocol Buffers that ONNX files are made of: fields of whole numbers, floats, texts, bytes and messages.
// https://protobuf.dev/programming-guides/encoding

/** The bytes of a field, or of several. */
export type Field = readonly Uint8Array[];

const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

const tag = (field: number, type: number): Uint8Array => varint(field * 8 + type);

export const whole = (field: number, value: number): Field => [tag(field, VARINT), varint(value)];

export const bytes = (field: number, value: Uint8Array): Field => [tag(field, BYTES), varint(value.byteLength), value];

export const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));

export function float(field: number, value: number): Field {
  const number = Buffer.alloc(4);
  number.writeFloatLE(value);
  return [tag(field, FLOAT), number];
}

export function message(field: number, ...fields: readonly Field[]): Field {
  const parts = fields.flat();
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return [tag(field, BYTES), varint(length), ...parts];
}
