// What a gradient is here, and the few helpers that all of them use. tfjs-core ships gradients only as modules that Node
// cannot load, so the ones that training needs are written out in this folder.

import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

type Attributes = Readonly<Record<string, unknown>>;

/** Gradients by the name of the input that they belong to; each is computed only if someone asks for it. */
export type InputGradients = Readonly<Record<string, () => Tensor>>;

export interface Gradient {
  /** Inputs that the gradient needs, by name, and whether it needs the (first) output: given as `saved`, in this order. */
  readonly saves?: readonly string[];
  readonly savesOutput?: boolean;
  readonly savesAllInputs?: boolean;
  compute(dy: Tensor, saved: readonly Tensor[], attributes: never): InputGradients | readonly (() => Tensor)[];
}

/** Registers the gradient of one kernel with tfjs, in place of any that is there. */
export function registerGradientOf(kernelName: string, gradient: Gradient): void {
  const config: GradConfig = {
    kernelName,
    inputsToSave: [...(gradient.saves ?? [])],
    saveAllInputs: gradient.savesAllInputs ?? false,
    outputsToSave: [gradient.savesOutput ?? false],
    gradFunc: (dy, saved, attributes: Attributes) =>
      gradient.compute(dy as Tensor, saved, attributes as never) as Record<string, () => Tensor>,
  };
  tf.registerGradient(config);
}

/** Sums a gradient over the axes along which the input of this shape was broadcast. */
export function unbroadcast(gradient: Tensor, shape: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  const summed = axes.length > 0 ? tf.sum(gradient, axes) : gradient;
  return tf.reshape(summed, [...shape]);
}

/** Runs a kernel that has no public op. */
export function runKernel(name: string, inputs: Readonly<Record<string, Tensor>>, attributes: object): Tensor {
  return tf.engine().runKernel<Tensor>(name, { ...inputs }, { ...attributes });
}
