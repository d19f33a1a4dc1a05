// Matrix products whose operands are read by a shader of the caller's (implicit GEMM). Always the same order of additions: no
// atomics, and the cuts depend on shapes alone.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { unitsOf } from '../matrix-units.js';
import { runElements, runGrid } from '../program.js';
import type { GpuBackend } from '../program.js';
import { findLargest } from './largest.js';
import { planGrid, planTiling } from './plan.js';
import type { Product, Tiling } from './plan.js';
import { writeRegisterShader } from './register-shader.js';
import { MOST_UNIT_SIDE, writeUnitShader } from './unit-shader.js';

/** Buffers that a product's shader reads. */
export interface Factors {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface Operands extends Factors {
  /** For matrix units. */
  readonly largest?: TensorInfo;
}

/** Parts that a thread adds, one after the other. */
const MOST_ADDED = 16;

/** What `run` makes of the operands and what products on this backend need to know of them. */
function withOperands<Result>(backend: GpuBackend, { a, b }: Factors, run: (operands: Operands) => Result): Result {
  if (!unitsOf(backend)) return run({ a, b });
  const largest = findLargest(backend, a, b);
  const result = run({ a, b, largest });
  backend.disposeData(largest.dataId);
  return result;
}

const plan = (backend: GpuBackend, product: Product): Tiling => planTiling(product, unitsOf(backend) && MOST_UNIT_SIDE);

interface Target {
  readonly shape: readonly number[];
  /** Where the products have places of their own; a new tensor otherwise. */
  readonly output?: TensorInfo;
}

/** The product, or its parts: [splits, size]. */
function runTiles(backend: GpuBackend, product: Product, operands: Operands, { shape, output }: Target): TensorInfo {
  const { batches, rows, columns, depth, left, right } = product;
  const tiling = plan(backend, product);
  const { side, splits } = tiling;
  const units = unitsOf(backend);
  const { name, workgroup, code } = units ? writeUnitShader(product, tiling, units) : writeRegisterShader(product, tiling);
  const shader = {
    key: `${product.key}_${name}_${[batches, rows, columns, depth, side, splits].join('_')}_${left.isVector}_${right.isVector}`,
    inputs: { ...operands },
    components: [left.isVector ? 4 : 1, right.isVector ? 4 : 1, ...(units ? [1] : [])],
    shape: splits > 1 ? [splits, batches * rows * columns] : shape,
    code,
  };
  return runGrid(backend, shader, { workgroup, workgroups: planGrid(product, tiling) }, output);
}

/** Runs a product into a tensor of this shape. The caller owns the result. */
export function runProduct(backend: GpuBackend, product: Product, factors: Factors, shape: readonly number[]): TensorInfo {
  const { splits } = plan(backend, product);
  const result = withOperands(backend, factors, (operands) => runTiles(backend, product, operands, { shape }));
  if (splits === 1) return result;
  return addParts(backend, result, shape);
}

/** Runs products that have places of their own in a tensor of this shape. The caller owns the result. */
export function runPlacedProducts(backend: GpuBackend, products: readonly Product[], factors: Factors, shape: readonly number[]): TensorInfo {
  const output = backend.makeTensorInfo(shape, 'float32');
  withOperands(backend, factors, (operands) => {
    for (const product of products) runTiles(backend, product, operands, { shape, output });
  });
  return output;
}

/** The sum of parts [count, size], which it disposes, in this shape: in groups, so that many parts are added by many threads. */
function addParts(backend: GpuBackend, parts: TensorInfo, shape: readonly number[]): TensorInfo {
  const [count, size] = parts.shape as [number, number];
  const groups = Math.ceil(count / MOST_ADDED);
  const code = (): string => `fn compute(index: i32) -> f32 {
    var total = 0.0;
    let first = index / ${size} * ${MOST_ADDED};
    for (var part = first; part < min(first + ${MOST_ADDED}, ${count}); part++) { total += parts[part * ${size} + index % ${size}]; }
    return total;
  }`;
  const sums = runElements(backend, { key: `addParts_${count}`, inputs: { parts }, shape: groups === 1 ? shape : [groups, size], code });
  backend.disposeData(parts.dataId);
  return groups === 1 ? sums : addParts(backend, sums, shape);
}
