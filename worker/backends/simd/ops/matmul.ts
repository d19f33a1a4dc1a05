// Products of matrices and of batches of them, each side transposed or not.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcast_util, util } from '@tensorflow/tfjs-core';
import { allocatePacked, multiplyColumns, multiplyRows, packInto } from '../gemm.js';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';

interface MatmulInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Product {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Where the matrices of one product begin. */
interface Places {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** One product, C contiguous [M, N]. */
function multiply(backend: SimdBackend, { a, b, c }: Places, { M, N, K, transposeA, transposeB }: Product): void {
  const packed = allocatePacked(backend.kernels, K, N);
  const source = transposeB ? { rowStride: 4, columnStride: K * 4 } : { rowStride: N * 4, columnStride: 4 };
  packInto(backend.kernels, packed, { ...source, pointer: b, rows: K });
  if (transposeA) {
    const rows = backend.rowTables.linear(K, M * 4);
    multiplyColumns(backend.kernels, { pointer: a, rows, shape: { segments: 1, length: M, segmentStride: 0 } }, packed, { pointer: c });
  } else {
    const rows = backend.rowTables.linear(M, K * 4);
    const out = { pointer: c, rows: backend.rowTables.linear(M, N * 4) };
    multiplyRows(backend.kernels, { pointer: a, rows, shape: { segments: 1, length: K, segmentStride: 0 } }, packed, out);
  }
  backend.heap.free(packed.pointer);
}

/** Which matrix of a stack of shape `from` belongs to each one of the broadcast shape `to`. */
function listMatrices(from: readonly number[], to: readonly number[]): number[] {
  const strides = util.computeStrides([...to, 1]);
  const ownStrides = util.computeStrides([...from, 1]);
  const missing = to.length - from.length;
  return Array.from({ length: util.sizeFromShape([...to]) }, (_, index) => {
    let at = 0;
    for (let d = missing; d < to.length; d++) {
      const position = Math.floor(index / strides[d]!) % to[d]!;
      if (from[d - missing]! > 1) at += position * ownStrides[d - missing]!;
    }
    return at;
  });
}

function batchMatmul(backend: SimdBackend, { a, b }: MatmulInputs, { transposeA, transposeB }: MatmulAttributes): TensorInfo | undefined {
  if (!isFloat(a, b)) return undefined;
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const M = transposeA ? aColumns : aRows;
  const K = transposeA ? aRows : aColumns;
  const N = transposeB ? bRows : bColumns;
  if (K !== (transposeB ? bColumns : bRows)) throw new Error(`simd: cannot multiply [${a.shape.join()}] by [${b.shape.join()}]`);
  const stackA = a.shape.slice(0, -2);
  const stackB = b.shape.slice(0, -2);
  const stack = broadcast_util.assertAndGetBroadcastShape(stackA, stackB);
  const out = backend.createOutput([...stack, M, N]);
  if (M * N * K === 0) {
    backend.valuesOf(out).fill(0);
    return out;
  }
  const ofA = listMatrices(stackA, stack);
  const ofB = listMatrices(stackB, stack);
  for (let i = 0; i < ofA.length; i++) {
    const places = {
      a: backend.pointerOf(a) + ofA[i]! * M * K * 4,
      b: backend.pointerOf(b) + ofB[i]! * K * N * 4,
      c: backend.pointerOf(out) + i * M * N * 4,
    };
    multiply(backend, places, { M, N, K, transposeA, transposeB });
  }
  return out;
}

export const matmulOps = {
  BatchMatMul: defineOp(batchMatmul),
} satisfies Record<string, Op>;
