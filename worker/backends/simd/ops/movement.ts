// Tensors rearranged: transposed, sliced, padded, tiled, joined, gathered. All of it is one copy with strides on both sides.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { slice_util, util } from '@tensorflow/tfjs-core';
import { defineOp } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';

/** One dimension of a copy: its extent and each side's stride in elements. */
interface Dimension {
  readonly extent: number;
  readonly from: number;
  readonly to: number;
}

/** Elements of 4 bytes: what the copying kernels move. */
function isWord(...tensors: readonly TensorInfo[]): boolean {
  return tensors.every(({ dtype }) => dtype === 'float32' || dtype === 'int32');
}

function typeOf(tensor: TensorInfo): 'float32' | 'int32' {
  return tensor.dtype === 'int32' ? 'int32' : 'float32';
}

function computeStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

function joinDimensions(dimensions: readonly Dimension[]): Dimension[] {
  const joined: Dimension[] = [];
  for (const { extent, from, to } of dimensions) {
    if (extent === 1) continue;
    const last = joined.at(-1);
    if (last?.from === from * extent && last.to === to * extent) {
      joined[joined.length - 1] = { extent: last.extent * extent, from, to };
    } else {
      joined.push({ extent, from, to });
    }
  }
  return joined;
}

/** Copies between two byte offsets. Dimensions beyond the fourth are walked here. */
function copyStrided(backend: SimdBackend, from: number, to: number, dimensions: readonly Dimension[]): void {
  if (dimensions.some(({ extent }) => extent === 0)) return;
  const joined = joinDimensions(dimensions);
  if (joined.length > 4) {
    const [first, ...others] = joined as [Dimension, ...Dimension[]];
    for (let i = 0; i < first.extent; i++) copyStrided(backend, from + i * first.from * 4, to + i * first.to * 4, others);
    return;
  }
  const absent = { extent: 1, from: 0, to: 0 };
  const last = joined.at(-1) ?? { extent: 1, from: 1, to: 1 };
  const rest = joined.slice(0, -1);
  const [d0, d1, d2] = [...rest, ...new Array<Dimension>(3 - rest.length).fill(absent)] as [Dimension, Dimension, Dimension];
  backend.kernels.run('copyStrided', d0.extent, {
    x: from, y: to,
    d1: d1.extent, d2: d2.extent, d3: last.extent,
    x0: d0.from, x1: d1.from, x2: d2.from, x3: last.from,
    y0: d0.to, y1: d1.to, y2: d2.to, y3: last.to,
  });
}

function transpose(backend: SimdBackend, { x }: { x: TensorInfo }, { perm }: { perm: number[] }): TensorInfo | undefined {
  if (!isWord(x)) return undefined;
  const shape = perm.map((axis) => x.shape[axis]!);
  const out = backend.createOutput(shape, typeOf(x));
  const from = computeStrides(x.shape);
  const to = computeStrides(shape);
  const dimensions = shape.map((extent, d) => ({ extent, from: from[perm[d]!]!, to: to[d]! }));
  copyStrided(backend, backend.pointerOf(x), backend.pointerOf(out), dimensions);
  return out;
}

/** Which elements of each dimension d: `size[d]` of them, begin[d], begin[d] + step[d]... */
interface SliceRange {
  readonly begin: readonly number[];
  readonly size: readonly number[];
  /** Default 1 in each dimension. */
  readonly step?: readonly number[];
}

function copySlice(backend: SimdBackend, x: TensorInfo, { begin, size, step }: SliceRange): TensorInfo {
  const out = backend.createOutput(size, typeOf(x));
  const strides = computeStrides(x.shape);
  const to = computeStrides(size);
  const start = begin.reduce((sum, at, d) => sum + at * strides[d]!, 0);
  const dimensions = size.map((extent, d) => ({ extent, from: strides[d]! * (step?.[d] ?? 1), to: to[d]! }));
  copyStrided(backend, backend.pointerOf(x) + start * 4, backend.pointerOf(out), dimensions);
  return out;
}

function slice(backend: SimdBackend, { x }: { x: TensorInfo }, attributes: { begin: number[]; size: number[] }): TensorInfo | undefined {
  if (!isWord(x)) return undefined;
  const [begin = [], size = []] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
  slice_util.assertParamsValid(x, begin, size);
  return copySlice(backend, x, { begin, size });
}

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

function stridedSlice(backend: SimdBackend, { x }: { x: TensorInfo }, attributes: StridedSliceAttributes): TensorInfo | undefined {
  if (!isWord(x)) return undefined;
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
  const info = slice_util.sliceInfo(x.shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
  const size = slice_util.computeOutShape(info.begin, info.end, info.strides);
  const copy = copySlice(backend, x, { begin: info.begin, size, step: info.strides });
  return { ...copy, shape: info.finalShape };
}

/** Tensors side by side along an axis. */
function joinAlong(backend: SimdBackend, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const first = tensors[0]!;
  const outer = util.sizeFromShape(first.shape.slice(0, axis));
  const shape = [...first.shape];
  shape[axis] = tensors.reduce((sum, tensor) => sum + tensor.shape[axis]!, 0);
  const out = backend.createOutput(shape, typeOf(first));
  const row = util.sizeFromShape(shape.slice(axis));
  let at = backend.pointerOf(out);
  for (const tensor of tensors) {
    const own = util.sizeFromShape(tensor.shape.slice(axis));
    copyStrided(backend, backend.pointerOf(tensor), at, [
      { extent: outer, from: own, to: row },
      { extent: own, from: 1, to: 1 },
    ]);
    at += own * 4;
  }
  return out;
}

function concat(backend: SimdBackend, inputs: object, { axis }: { axis: number }): TensorInfo | undefined {
  const tensors = Object.values(inputs as Record<string, TensorInfo>);
  if (!isWord(...tensors) || new Set(tensors.map(({ dtype }) => dtype)).size > 1) return undefined;
  const [at = 0] = util.parseAxisParam(axis, tensors[0]!.shape);
  return joinAlong(backend, tensors, at);
}

function pack(backend: SimdBackend, inputs: object, { axis }: { axis: number }): TensorInfo | undefined {
  const tensors = Object.values(inputs as Record<string, TensorInfo>);
  if (!isWord(...tensors)) return undefined;
  const thin = (shape: readonly number[]): number[] => [...shape.slice(0, axis), 1, ...shape.slice(axis)];
  return joinAlong(backend, tensors.map((tensor) => ({ ...tensor, shape: thin(tensor.shape) })), axis);
}

function unpack(backend: SimdBackend, { value }: { value: TensorInfo }, { axis }: { axis: number }): TensorInfo[] | undefined {
  if (!isWord(value)) return undefined;
  const at = axis < 0 ? axis + value.shape.length : axis;
  const size = value.shape.map((extent, d) => (d === at ? 1 : extent));
  return Array.from({ length: value.shape[at]! }, (_, index) => {
    const part = copySlice(backend, value, { begin: size.map((__, d) => (d === at ? index : 0)), size });
    return { ...part, shape: size.filter((__, d) => d !== at) };
  });
}

function pad(backend: SimdBackend, { x }: { x: TensorInfo }, attributes: { paddings: [number, number][]; constantValue: number }): TensorInfo | undefined {
  if (!isWord(x)) return undefined;
  const { paddings, constantValue } = attributes;
  const shape = x.shape.map((extent, d) => extent + paddings[d]![0] + paddings[d]![1]);
  const out = backend.createOutput(shape, typeOf(x));
  backend.valuesOf(out).fill(constantValue);
  const from = computeStrides(x.shape);
  const to = computeStrides(shape);
  const start = paddings.reduce((sum, [before], d) => sum + before * to[d]!, 0);
  const dimensions = x.shape.map((extent, d) => ({ extent, from: from[d]!, to: to[d]! }));
  copyStrided(backend, backend.pointerOf(x), backend.pointerOf(out) + start * 4, dimensions);
  return out;
}

function tile(backend: SimdBackend, { x }: { x: TensorInfo }, { reps }: { reps: number[] }): TensorInfo | undefined {
  if (!isWord(x)) return undefined;
  const shape = x.shape.map((extent, d) => extent * reps[d]!);
  const out = backend.createOutput(shape, typeOf(x));
  const from = computeStrides(x.shape);
  const to = computeStrides(shape);
  const dimensions = x.shape.flatMap((extent, d) => [
    { extent: reps[d]!, from: 0, to: to[d]! * extent },
    { extent, from: from[d]!, to: to[d]! },
  ]);
  copyStrided(backend, backend.pointerOf(x), backend.pointerOf(out), dimensions);
  return out;
}

function gather(
  backend: SimdBackend, { x, indices }: { x: TensorInfo; indices: TensorInfo }, { axis, batchDims = 0 }: { axis: number; batchDims?: number },
): TensorInfo | undefined {
  if (!isWord(x) || indices.dtype !== 'int32' || batchDims !== 0) return undefined;
  const [at = 0] = util.parseAxisParam(axis, [...x.shape]);
  const length = x.shape[at]!;
  for (const index of backend.valuesOf(indices)) {
    if (index < 0 || index >= length) throw new Error(`simd: gather index ${index} is out of 0..${length - 1}`);
  }
  const out = backend.createOutput([...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)], typeOf(x));
  const outer = util.sizeFromShape(x.shape.slice(0, at));
  const inner = util.sizeFromShape(x.shape.slice(at + 1));
  const [xAt, indicesAt, y] = [x, indices, out].map((tensor) => backend.pointerOf(tensor)) as [number, number, number];
  backend.kernels.run('gather', outer, { x: xAt, indices: indicesAt, y, count: util.sizeFromShape(indices.shape), length, inner });
  return out;
}

export const movementOps = {
  Transpose: defineOp(transpose),
  Slice: defineOp(slice),
  StridedSlice: defineOp(stridedSlice),
  Concat: defineOp(concat),
  Pack: defineOp(pack),
  Unpack: defineOp(unpack),
  PadV2: defineOp(pad),
  Tile: defineOp(tile),
  GatherV2: defineOp(gather),
} satisfies Record<string, Op>;
