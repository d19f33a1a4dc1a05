// What an op of the simd backend is: a tfjs kernel by name, or `undefined` when it leaves this case to tfjs's JavaScript.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from './simd-backend.js';

export type OpResult = TensorInfo | TensorInfo[] | undefined;
export type Op = (backend: SimdBackend, inputs: object, attributes: object) => OpResult;

/** An op whose inputs and attributes have the types that tfjs documents for the kernel. */
export function defineOp<Inputs extends object, Attributes extends object>(
  run: (backend: SimdBackend, inputs: Inputs, attributes: Attributes) => OpResult,
): Op {
  return (backend, inputs, attributes) => run(backend, inputs as Inputs, attributes as Attributes);
}

export function isFloat(...tensors: readonly TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === 'float32');
}
