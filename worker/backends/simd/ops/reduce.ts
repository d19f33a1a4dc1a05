// Sums, means and extremes over axes, softmax over the last one.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import { floatBits } from '../kernels.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import type { KernelOf } from '../slots.js';

/** Columns that a chunk of a sum takes: a cache line's. */
const SUM_COLUMNS = 16;

interface ReduceAttributes {
  readonly axis: number | number[];
  readonly keepDims?: boolean;
}

/** A run of neighbouring axes that are reduced together: [outer, middle, inner] -> [outer, inner]. */
interface Pass {
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
}

/** The passes that reduce the axes, innermost run first, so that the later ones have less to do. */
function listPasses(shape: readonly number[], axes: readonly number[]): Pass[] {
  const extents = [...shape];
  const passes: Pass[] = [];
  let end = shape.length;
  while (end > 0) {
    if (!axes.includes(end - 1)) {
      end -= 1;
      continue;
    }
    let start = end - 1;
    while (start > 0 && axes.includes(start - 1)) start -= 1;
    const middle = util.sizeFromShape(extents.slice(start, end));
    passes.push({ outer: util.sizeFromShape(extents.slice(0, start)), middle, inner: util.sizeFromShape(extents.slice(end)) });
    extents.fill(1, start, end);
    end = start;
  }
  return passes;
}

type RunPass = (from: number, to: number, pass: Pass, isLast: boolean) => void;

function reduce(backend: SimdBackend, x: TensorInfo, { axis, keepDims }: ReduceAttributes, runPass: RunPass): TensorInfo | undefined {
  const axes = util.parseAxisParam(axis, [...x.shape]);
  const passes = listPasses(x.shape, axes).filter(({ middle }) => middle !== 1);
  const [outShape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const finalShape = keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
  if (passes.length === 0) return backend.createAlias(x, finalShape);
  if (util.sizeFromShape(x.shape) === 0) return undefined;
  const out = backend.createOutput(finalShape);
  let from = backend.pointerOf(x);
  passes.forEach((pass, index) => {
    const isLast = index === passes.length - 1;
    const to = isLast ? backend.pointerOf(out) : backend.heap.allocate(pass.outer * pass.inner * 4);
    runPass(from, to, pass, isLast);
    if (index > 0) backend.heap.free(from);
    from = to;
  });
  return out;
}

function sumScaled(backend: SimdBackend, x: TensorInfo, attributes: ReduceAttributes, scale: number): TensorInfo | undefined {
  return reduce(backend, x, attributes, (from, to, { outer, middle, inner }, isLast) => {
    const factor = floatBits(isLast ? scale : 1);
    const numChunks = outer * Math.ceil(inner / SUM_COLUMNS);
    backend.kernels.run('sum', numChunks, { x: from, y: to, middle, inner, scale: factor, columns: SUM_COLUMNS });
  });
}

function mean(backend: SimdBackend, x: TensorInfo, attributes: ReduceAttributes): TensorInfo | undefined {
  const axes = util.parseAxisParam(attributes.axis, [...x.shape]);
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return sumScaled(backend, x, attributes, 1 / count);
}

function extreme(kernel: KernelOf<'Extreme'>): Op {
  return defineOp((backend, { x }: { x: TensorInfo }, attributes: ReduceAttributes & { reductionIndices?: number | number[] }) => {
    if (!isFloat(x)) return undefined;
    const axis = attributes.reductionIndices ?? attributes.axis;
    return reduce(backend, x, { ...attributes, axis }, (from, to, { outer, middle, inner }) => {
      backend.kernels.run(kernel, outer, { x: from, y: to, middle, inner });
    });
  });
}

function argExtreme(kernel: KernelOf<'Extreme'>): Op {
  return defineOp((backend, { x }: { x: TensorInfo }, { axis }: { axis: number }) => {
    if (!isFloat(x)) return undefined;
    const [at = 0] = util.parseAxisParam(axis, [...x.shape]);
    const outer = util.sizeFromShape(x.shape.slice(0, at));
    const inner = util.sizeFromShape(x.shape.slice(at + 1));
    const out = backend.createOutput([...x.shape.slice(0, at), ...x.shape.slice(at + 1)], 'int32');
    backend.kernels.run(kernel, outer, { x: backend.pointerOf(x), y: backend.pointerOf(out), middle: x.shape[at]!, inner });
    return out;
  });
}

function overRows(backend: SimdBackend, kernel: KernelOf<'Softmax'>, logits: TensorInfo, dim: number): TensorInfo | undefined {
  if (!isFloat(logits) || dim !== logits.shape.length - 1) return undefined;
  const columns = logits.shape.at(-1) ?? 1;
  const rows = util.sizeFromShape(logits.shape) / columns;
  const out = backend.createOutput(logits.shape);
  backend.kernels.run(kernel, rows, { x: backend.pointerOf(logits), y: backend.pointerOf(out), columns });
  return out;
}

export const reduceOps = {
  Sum: defineOp((backend, { x }: { x: TensorInfo }, attributes: ReduceAttributes) =>
    isFloat(x) ? sumScaled(backend, x, attributes, 1) : undefined,
  ),
  Mean: defineOp((backend, { x }: { x: TensorInfo }, attributes: ReduceAttributes) =>
    isFloat(x) ? mean(backend, x, attributes) : undefined,
  ),
  Max: extreme('reduceMax'),
  Min: extreme('reduceMin'),
  ArgMax: argExtreme('argMax'),
  ArgMin: argExtreme('argMin'),
  Softmax: defineOp((backend, { logits }: { logits: TensorInfo }, { dim }: { dim: number }) => overRows(backend, 'softmax', logits, dim)),
  LogSoftmax: defineOp((backend, { logits }: { logits: TensorInfo }, { axis }: { axis: number }) =>
    overRows(backend, 'logSoftmax', logits, axis),
  ),
} satisfies Record<string, Op>;
