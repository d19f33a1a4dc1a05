// Matrix products. tfjs's own adds with atomics where the summed dimension is long: fast, but other bits each time.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { runProduct } from '../gemm/run.js';
import type { Operand } from '../gemm/plan.js';
import { defineOp, isFloat } from '../program.js';
import type { Op } from '../program.js';

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A stack of matrices; a stack of one serves every batch. `lastIs` says what the last axis is. */
function readMatrix(buffer: 'a' | 'b', stack: number, shape: readonly number[], lastIs: 'outer' | 'depth'): Operand {
  const [slow = 0, fast = 0] = shape.slice(-2);
  const isVector = fast % 4 === 0;
  const at = `${stack === 1 ? 0 : 'batch'} * ${slow * fast} + ${lastIs === 'outer' ? 'depth' : 'outer'} * ${fast} + ${lastIs}`;
  return { contiguous: lastIs, isVector, read: `return ${isVector ? `${buffer}[(${at}) / 4]` : `${buffer}[${at}]`};` };
}

export const matmulOps = {
  BatchMatMul: defineOp((backend, { a, b }: { a: TensorInfo; b: TensorInfo }, { transposeA, transposeB }: Attributes) => {
    const [stacksA, stacksB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const [countA, countB] = [util.sizeFromShape(stacksA), util.sizeFromShape(stacksB)];
    const isStackedAlike = countA === 1 || countB === 1 || util.arraysEqual(stacksA, stacksB);
    if (!isFloat(a, b) || !isStackedAlike) return undefined;
    const [rows, depth] = (transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2)) as [number, number];
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    const batches = Math.max(countA, countB);
    // Either stack may have leading axes of 1 that the other one lacks.
    const stack = countA === batches && stacksA.length >= stacksB.length ? stacksA : stacksB;
    const product = {
      key: `matmul_${transposeA}_${transposeB}_${countA}_${countB}`,
      batches, rows, columns, depth,
      left: readMatrix('a', countA, a.shape, transposeA ? 'outer' : 'depth'),
      right: readMatrix('b', countB, b.shape, transposeB ? 'depth' : 'outer'),
    };
    return runProduct(backend, product, { a, b }, [...stack, rows, columns]);
  }),
} satisfies Record<string, Op>;
