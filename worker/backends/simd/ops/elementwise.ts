// Element by element: functions of one tensor, of two with broadcasting, and conversions of type.

import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { broadcast_util, util } from '@tensorflow/tfjs-core';
import { floatBits } from '../kernels.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import { shared, type KernelOf } from '../slots.js';

const { CHUNK } = shared;

function runUnary(backend: SimdBackend, kernel: KernelOf<'Unary'>, x: TensorInfo, { p = 0, q = 0 } = {}): TensorInfo {
  const out = backend.createOutput(x.shape);
  const count = util.sizeFromShape(x.shape);
  const slots = { x: backend.pointerOf(x), y: backend.pointerOf(out), count, p: floatBits(p), q: floatBits(q) };
  backend.kernels.run(kernel, Math.ceil(count / CHUNK), slots);
  return out;
}

function unary(kernel: KernelOf<'Unary'>): Op {
  return defineOp((backend, { x }: { x: TensorInfo }) => (isFloat(x) ? runUnary(backend, kernel, x) : undefined));
}

/** One dimension of a broadcast operation: its extent and each side's stride in elements, 0 where it repeats. */
interface Dimension {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
}

function stridesWithin(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d]! > 1) strides[d + rank - shape.length] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

/** The dimensions with those of extent 1 dropped and neighbours that walk alike joined. */
function joinDimensions(aShape: readonly number[], bShape: readonly number[], outShape: readonly number[]): Dimension[] {
  const a = stridesWithin(aShape, outShape.length);
  const b = stridesWithin(bShape, outShape.length);
  const joined: Dimension[] = [];
  outShape.forEach((extent, d) => {
    if (extent === 1) return;
    const last = joined.at(-1);
    if (last?.a === a[d]! * extent && last.b === b[d]! * extent) {
      joined[joined.length - 1] = { extent: last.extent * extent, a: a[d]!, b: b[d]! };
    } else {
      joined.push({ extent, a: a[d]!, b: b[d]! });
    }
  });
  return joined;
}

/** A long flat run becomes rows of a chunk's length, and the rest. */
function splitFlat({ extent, a, b }: Dimension): { readonly dimensions: Dimension[]; readonly offset: number }[] {
  const rows = Math.floor(extent / CHUNK);
  const rest = extent - rows * CHUNK;
  const whole = { dimensions: [{ extent: rows, a: a * CHUNK, b: b * CHUNK }, { extent: CHUNK, a, b }], offset: 0 };
  const tail = { dimensions: [{ extent: rest, a, b }], offset: rows * CHUNK };
  return [...(rows > 0 ? [whole] : []), ...(rest > 0 ? [tail] : [])];
}

function runBinary(backend: SimdBackend, kernel: KernelOf<'Binary'>, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const joined = joinDimensions(a.shape, b.shape, shape);
  if (joined.length > 4) return undefined;
  const out = backend.createOutput(shape);
  if (util.sizeFromShape(shape) === 0) return out;
  const [only, ...more] = joined;
  const parts = only !== undefined && more.length === 0 ? splitFlat(only) : [{ dimensions: joined, offset: 0 }];
  for (const { dimensions, offset } of parts) {
    const missing = new Array<Dimension>(4 - dimensions.length).fill({ extent: 1, a: 0, b: 0 });
    // Work is shared out along the first dimension, so the absent ones go behind it, but the innermost stays last.
    const [first, ...others] = dimensions.length > 1 ? dimensions : [];
    const padded = (first === undefined ? [...missing, ...dimensions] : [first, ...missing, ...others]) as [Dimension, Dimension, Dimension, Dimension];
    const last = dimensions.at(-1) ?? { a: 0, b: 0 };
    const inner = padded.slice(1).reduce((product, { extent }) => product * extent, 1);
    const perChunk = Math.max(1, Math.floor(CHUNK / inner));
    const [d0, d1, d2, d3] = padded;
    backend.kernels.run(kernel, Math.ceil(d0.extent / perChunk), {
      a: backend.pointerOf(a) + offset * last.a * 4,
      b: backend.pointerOf(b) + offset * last.b * 4,
      out: backend.pointerOf(out) + offset * 4,
      d0: d0.extent, d1: d1.extent, d2: d2.extent, d3: d3.extent,
      a0: d0.a, a1: d1.a, a2: d2.a, a3: d3.a,
      b0: d0.b, b1: d1.b, b2: d2.b, b3: d3.b,
      perChunk,
    });
  }
  return out;
}

function binary(kernel: KernelOf<'Binary'>): Op {
  return defineOp((backend, { a, b }: { a: TensorInfo; b: TensorInfo }) =>
    isFloat(a, b) ? runBinary(backend, kernel, a, b) : undefined,
  );
}

function addAll(backend: SimdBackend, tensors: readonly TensorInfo[]): TensorInfo | undefined {
  const [first, ...others] = tensors;
  if (first === undefined || others.length === 0 || !isFloat(...tensors)) return undefined;
  let total = first;
  for (const tensor of others) {
    const next = runBinary(backend, 'add', total, tensor);
    if (total !== first) backend.disposeIntermediateTensorInfo(total);
    if (next === undefined) return undefined;
    total = next;
  }
  return total;
}

function cast(backend: SimdBackend, x: TensorInfo, dtype: DataType): TensorInfo | undefined {
  if (dtype === x.dtype) return backend.createAlias(x, x.shape);
  if (dtype === 'string' || dtype === 'complex64' || x.dtype === 'string' || x.dtype === 'complex64') return undefined;
  const out = backend.createOutput(x.shape, dtype);
  const from = backend.valuesOf(x);
  if (dtype === 'bool') backend.valuesOf(out).set(Uint8Array.from(from, (value) => (value ? 1 : 0)));
  else backend.valuesOf(out).set(from);
  return out;
}

function createFilled(backend: SimdBackend, shape: readonly number[], dtype: DataType, value: number): TensorInfo | undefined {
  if (dtype === 'string' || dtype === 'complex64') return undefined;
  const out = backend.createOutput(shape, dtype);
  backend.valuesOf(out).fill(value);
  return out;
}

function select(backend: SimdBackend, { condition, t, e }: { condition: TensorInfo; t: TensorInfo; e: TensorInfo }): TensorInfo | undefined {
  const count = util.sizeFromShape(t.shape);
  if (!isFloat(t, e) || condition.dtype !== 'bool' || util.sizeFromShape(condition.shape) !== count) return undefined;
  const out = backend.createOutput(t.shape);
  const [conditionAt, a, b, y] = [condition, t, e, out].map((tensor) => backend.pointerOf(tensor)) as [number, number, number, number];
  backend.kernels.run('select', Math.ceil(count / CHUNK), { condition: conditionAt, a, b, y, count });
  return out;
}

export const elementwiseOps = {
  Relu: unary('relu'),
  Neg: unary('neg'),
  Square: unary('square'),
  Sqrt: unary('sqrt'),
  Rsqrt: unary('rsqrt'),
  Exp: unary('exp'),
  Log: unary('log'),
  Abs: unary('abs'),
  Reciprocal: unary('reciprocal'),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Step: defineOp((backend, { x }: { x: TensorInfo }, { alpha = 0 }: { alpha?: number }) =>
    isFloat(x) ? runUnary(backend, 'step', x, { p: alpha }) : undefined,
  ),
  ClipByValue: defineOp((backend, { x }: { x: TensorInfo }, range: { clipValueMin: number; clipValueMax: number }) =>
    isFloat(x) ? runUnary(backend, 'clip', x, { p: range.clipValueMin, q: range.clipValueMax }) : undefined,
  ),
  Add: binary('add'),
  Sub: binary('sub'),
  Multiply: binary('mul'),
  RealDiv: binary('div'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  SquaredDifference: binary('squaredDifference'),
  AddN: defineOp((backend, tensors: readonly TensorInfo[]) => addAll(backend, Object.values(tensors))),
  Select: defineOp(select),
  Cast: defineOp((backend, { x }: { x: TensorInfo }, { dtype }: { dtype: DataType }) => cast(backend, x, dtype)),
  Fill: defineOp((backend, _: object, { shape, value, dtype }: { shape: number[]; value: number | string; dtype?: DataType }) =>
    typeof value === 'number' ? createFilled(backend, shape, dtype ?? 'float32', value) : undefined,
  ),
  ZerosLike: defineOp((backend, { x }: { x: TensorInfo }) => createFilled(backend, x.shape, x.dtype, 0)),
  OnesLike: defineOp((backend, { x }: { x: TensorInfo }) => createFilled(backend, x.shape, x.dtype, 1)),
} satisfies Record<string, Op>;
