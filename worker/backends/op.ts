// What an op of a backend is: a tfjs kernel of our own, by tfjs's name.

import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Outputs, or undefined when it leaves this case to the kernel that tfjs has. */
export type OpResult = TensorInfo | TensorInfo[] | undefined;
export type OpOf<Backend> = (backend: Backend, inputs: object, attributes: object) => OpResult;

/** How the ops of a backend are made: their inputs and attributes have the types that tfjs documents for the kernel. */
export function definerOf<Backend>() {
  return <Inputs extends object, Attributes extends object>(
    run: (backend: Backend, inputs: Inputs, attributes: Attributes) => OpResult,
  ): OpOf<Backend> => (backend, inputs, attributes) => run(backend, inputs as Inputs, attributes as Attributes);
}

export function isFloat(...tensors: readonly TensorInfo[]): boolean {
  return tensors.every(({ dtype }) => dtype === 'float32');
}
