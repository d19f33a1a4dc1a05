// Finding a named parameter, with its rank known to the compiler.

import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { NamedTensors } from './model.js';

function parameter(parameters: NamedTensors, name: string, rank: number): Tensor {
  const tensor = parameters[name];
  if (tensor === undefined) throw new PretextError('BAD_STATE', `Parameter "${name}" is not among those given.`);
  if (tensor.rank !== rank) {
    throw new PretextError('BAD_STATE', `Parameter "${name}" should have rank ${rank}, but has shape [${tensor.shape.join(', ')}].`);
  }
  return tensor;
}

/** The vector of that name. Throws BAD_STATE when it is missing or of another rank; so do the two below. */
export const vectorOf = (parameters: NamedTensors, name: string): Tensor1D => parameter(parameters, name, 1) as Tensor1D;

/** The matrix of that name. */
export const matrixOf = (parameters: NamedTensors, name: string): Tensor2D => parameter(parameters, name, 2) as Tensor2D;

/** The convolution kernel of that name, [height, width, in, out]. */
export const kernelOf = (parameters: NamedTensors, name: string): Tensor4D => parameter(parameters, name, 4) as Tensor4D;
