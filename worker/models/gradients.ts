// Gradients of the tfjs operations that this project builds on. @tensorflow/tfjs-core as Node loads it has none of them: they
// come with the larger @tensorflow/tfjs, which also brings backends and formats that nothing here needs.
// Left out: operations that nothing here differentiates. One more is one more line, and one more case in its test.
//
// Importing this file registers them, for every backend of the process. d(x) stands for the gradient of x.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

type Gradient = Omit<tf.GradConfig, 'kernelName' | 'gradFunc'> & {
  readonly of: (dy: Tensor, saved: Tensor[], attributes: Readonly<Record<string, unknown>>) => Record<string, () => Tensor>;
};

/** Sums `gradient` over the axes that broadcasting added or stretched. */
function sumTo(gradient: Tensor, shape: readonly number[]): Tensor {
  const numAdded = gradient.rank - shape.length;
  const axes = gradient.shape.map((_, axis) => axis).filter((axis) => {
    return axis < numAdded || (shape[axis - numAdded] === 1 && gradient.shape[axis] !== 1);
  });
  const summed = axes.length === 0 ? gradient : tf.sum(gradient, axes);
  return tf.reshape(summed, [...shape]);
}

/** Gives every element that was summed its sum's gradient, times `scale`. */
function spread(dy: Tensor, x: Tensor, axis: unknown, scale: number): Tensor {
  const shape = [...x.shape];
  for (const summed of tf.util.parseAxisParam(axis as number | number[], x.shape)) shape[summed] = 1;
  return tf.mul(tf.reshape(dy, shape), tf.fill(x.shape, scale));
}

const run = (kernel: string, inputs: Record<string, Tensor>, attributes: object): Tensor =>
  tf.engine().runKernel<Tensor>(kernel, inputs, { ...attributes });

const elementwise: Record<string, Gradient> = {
  Add: {
    inputsToSave: ['a', 'b'],
    of: (dy, [a, b]) => ({ a: () => sumTo(dy, a!.shape), b: () => sumTo(dy, b!.shape) }),
  },
  Sub: {
    inputsToSave: ['a', 'b'],
    of: (dy, [a, b]) => ({ a: () => sumTo(dy, a!.shape), b: () => tf.neg(sumTo(dy, b!.shape)) }),
  },
  Multiply: {
    inputsToSave: ['a', 'b'],
    of: (dy, [a, b]) => ({ a: () => sumTo(tf.mul(dy, b!), a!.shape), b: () => sumTo(tf.mul(dy, a!), b!.shape) }),
  },
  RealDiv: {
    inputsToSave: ['a', 'b'],
    of: (dy, [a, b]) => ({
      a: () => sumTo(tf.div(dy, b!), a!.shape),
      b: () => tf.neg(sumTo(tf.div(tf.mul(dy, a!), tf.mul(b!, b!)), b!.shape)),
    }),
  },
  Neg: { of: (dy) => ({ x: () => tf.neg(dy) }) },
  Cast: { of: (dy) => ({ x: () => tf.cast(dy, 'float32') }) },
  Identity: { of: (dy) => ({ x: () => tf.clone(dy) }) },
  Square: { inputsToSave: ['x'], of: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(x!, 2)) }) },
  Sqrt: { outputsToSave: [true], of: (dy, [y]) => ({ x: () => tf.div(dy, tf.mul(y!, 2)) }) },
  Rsqrt: { outputsToSave: [true], of: (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(tf.mul(y!, tf.mul(y!, y!)), -0.5)) }) },
  Exp: { outputsToSave: [true], of: (dy, [y]) => ({ x: () => tf.mul(dy, y!) }) },
  Log: { inputsToSave: ['x'], of: (dy, [x]) => ({ x: () => tf.div(dy, x!) }) },
  Relu: { outputsToSave: [true], of: (dy, [y]) => ({ x: () => tf.mul(dy, tf.step(y!)) }) },
};

const shapes: Record<string, Gradient> = {
  Reshape: { inputsToSave: ['x'], of: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }) },
  ExpandDims: { inputsToSave: ['input'], of: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }) },
  Transpose: {
    of: (dy, _saved, { perm }) => ({ x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])) }),
  },
  Slice: {
    inputsToSave: ['x'],
    of: (dy, [x], { begin, size }) => {
      const [starts] = tf.slice_util.parseSliceParams(x!, begin as number | number[], size as number | number[]);
      const margins = x!.shape.map((length, axis): [number, number] => [starts![axis]!, length - starts![axis]! - dy.shape[axis]!]);
      return { x: () => tf.pad(dy, margins) };
    },
  },
  Concat: {
    saveAllInputs: true,
    of: (dy, saved, { axis: given }) => {
      const axis = tf.util.parseAxisParam(given as number, dy.shape)[0]!;
      let start = 0;
      const parts = saved.map(({ shape }) => {
        const begin = shape.map((_, i) => (i === axis ? start : 0));
        start += shape[axis]!;
        return () => tf.slice(dy, begin, shape);
      });
      return Object.fromEntries(parts.entries());
    },
  },
};

const sums: Record<string, Gradient> = {
  Sum: { inputsToSave: ['x'], of: (dy, [x], { axis }) => ({ x: () => spread(dy, x!, axis, 1) }) },
  Mean: { inputsToSave: ['x'], of: (dy, [x], { axis }) => ({ x: () => spread(dy, x!, axis, dy.size / x!.size) }) },
  LogSoftmax: {
    outputsToSave: [true],
    of: (dy, [y], { axis }) => ({
      logits: () => tf.sub(dy, tf.mul(tf.exp(y!), tf.sum(dy, axis as number, true))),
    }),
  },
};

const products: Record<string, Gradient> = {
  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    of: (dy, [a, b], { transposeA, transposeB }) => ({
      a: () => (transposeA ? tf.matMul(b!, dy, !!transposeB, true) : tf.matMul(dy, b!, false, !transposeB)),
      b: () => (transposeB ? tf.matMul(dy, a!, true, !!transposeA) : tf.matMul(a!, dy, !transposeA, false)),
    }),
  },
  Conv2D: {
    inputsToSave: ['x', 'filter'],
    of: (dy, [x, filter], { strides, pad, dataFormat, dimRoundingMode }) => {
      const shared = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => run('Conv2DBackpropInput', { dy, filter: filter! }, { ...shared, inputShape: x!.shape }),
        filter: () => run('Conv2DBackpropFilter', { x: x!, dy }, { ...shared, filterShape: filter!.shape }),
      };
    },
  },
  MaxPool: {
    inputsToSave: ['x'],
    outputsToSave: [true],
    of: (dy, [x, y], attributes) => ({ x: () => run('MaxPoolGrad', { dy, input: x!, output: y! }, attributes) }),
  },
  AvgPool: {
    inputsToSave: ['x'],
    of: (dy, [x], attributes) => ({ x: () => run('AvgPoolGrad', { dy, input: x! }, attributes) }),
  },
};

/** Names of the operations that can be differentiated. */
export const differentiable: readonly string[] = Object.entries({ ...elementwise, ...shapes, ...sums, ...products }).map(
  ([kernelName, { of, ...config }]) => {
    tf.registerGradient({
      ...config,
      kernelName,
      gradFunc: (dy, saved, attributes) => of(dy as Tensor, saved, attributes),
    });
    return kernelName;
  },
);
