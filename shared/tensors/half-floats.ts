// Numbers of other widths as fp32, from their little-endian bytes.

/** 16 bits, 5 of them the exponent (IEEE 754 binary16). */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function mapWords(bytes: Buffer, convert: (word: number) => number): Float32Array {
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => convert(bytes.readUInt16LE(2 * i)));
}

/** The upper 16 bits of fp32. */
function fromBrain(bytes: Buffer): Float32Array {
  const words = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < words.length; i++) words[i] = bytes.readUInt16LE(2 * i) * 2 ** 16;
  return new Float32Array(words.buffer);
}

/** `bytes` has memory of its own, aligned. */
const asFloats = (bytes: Buffer): Float32Array => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** By the name that safetensors has for the type. */
export const toFloats: Readonly<Record<string, (bytes: Buffer) => Float32Array>> = {
  F32: asFloats,
  F16: (bytes) => mapWords(bytes, fromHalf),
  BF16: fromBrain,
  F64: (bytes) => Float32Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i)),
};
