// Gradients of functions of one tensor and of two.

import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast } from './gradient.js';
import type { Gradient } from './gradient.js';

/** The gradient of a function whose derivative is easiest to compute from its input. */
function fromInput(derive: (dy: Tensor, x: Tensor, attributes: never) => Tensor): Gradient {
  return { saves: ['x'], compute: (dy, [x], attributes) => ({ x: () => derive(dy, x!, attributes) }) };
}

/** The gradient of a function whose derivative is easiest to compute from its output. */
function fromOutput(derive: (dy: Tensor, y: Tensor) => Tensor): Gradient {
  return { savesOutput: true, compute: (dy, [y]) => ({ x: () => derive(dy, y!) }) };
}

/** The gradient of a function that is flat nearly everywhere. */
const zero: Gradient = { compute: (dy) => ({ x: () => tf.zerosLike(dy) }) };

type Side = (dy: Tensor, a: Tensor, b: Tensor) => Tensor;

function binary(ofA: Side, ofB: Side): Gradient {
  return {
    saves: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(ofA(dy, a!, b!), a!.shape),
      b: () => unbroadcast(ofB(dy, a!, b!), b!.shape),
    }),
  };
}

/** The gradient of a comparison: nothing flows back, but what is compared may be trained elsewhere. */
const comparison: Gradient = {
  saves: ['a', 'b'],
  compute: (_, [a, b]) => ({ a: () => tf.zeros(a!.shape), b: () => tf.zeros(b!.shape) }),
};

function asMask(condition: Tensor): Tensor {
  return tf.cast(condition, 'float32');
}

const keep: Side = (dy) => dy;

export const elementwiseGradients = {
  Abs: fromInput((dy, x) => tf.mul(dy, tf.sign(x))),
  ClipByValue: fromInput((dy, x, { clipValueMin, clipValueMax }: { clipValueMin: number; clipValueMax: number }) =>
    tf.mul(dy, asMask(tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax)))),
  ),
  Cos: fromInput((dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  Sin: fromInput((dy, x) => tf.mul(dy, tf.cos(x))),
  Elu: fromOutput((dy, y) => tf.where(tf.greater(y, 0), dy, tf.mul(dy, tf.add(y, 1)))),
  Erf: fromInput((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  Exp: fromOutput((dy, y) => tf.mul(dy, y)),
  Expm1: fromOutput((dy, y) => tf.mul(dy, tf.add(y, 1))),
  LeakyRelu: fromInput((dy, x, { alpha }: { alpha: number }) => tf.mul(dy, tf.step(x, alpha))),
  Log: fromInput((dy, x) => tf.div(dy, x)),
  Log1p: fromInput((dy, x) => tf.div(dy, tf.add(x, 1))),
  Neg: { compute: (dy) => ({ x: () => tf.neg(dy) }) },
  Reciprocal: fromOutput((dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  Relu: fromOutput((dy, y) => tf.mul(dy, tf.step(y))),
  Relu6: fromInput((dy, x) => tf.mul(dy, tf.mul(asMask(tf.lessEqual(x, 6)), tf.step(x)))),
  Rsqrt: fromOutput((dy, y) => tf.mul(tf.mul(dy, -0.5), tf.mul(y, tf.square(y)))),
  Sigmoid: fromOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Softplus: fromInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Sqrt: fromOutput((dy, y) => tf.div(tf.mul(dy, 0.5), y)),
  Square: fromInput((dy, x) => tf.mul(dy, tf.mul(x, 2))),
  Tanh: fromOutput((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),

  Ceil: zero,
  Floor: zero,
  OnesLike: zero,
  Round: zero,
  Sign: zero,
  Step: zero,
  ZerosLike: zero,

  Equal: comparison,
  Greater: comparison,
  GreaterEqual: comparison,
  Less: comparison,
  LessEqual: comparison,
  LogicalAnd: comparison,
  LogicalOr: comparison,
  NotEqual: comparison,

  Cast: { compute: (dy) => ({ x: () => tf.cast(dy, 'float32') }) },
  Identity: { compute: (dy) => ({ x: () => tf.cast(dy, 'float32') }) },

  Add: binary(keep, keep),
  Sub: binary(keep, (dy) => tf.neg(dy)),
  Multiply: binary(
    (dy, _, b) => tf.mul(dy, tf.cast(b, 'float32')),
    (dy, a) => tf.mul(dy, tf.cast(a, 'float32')),
  ),
  RealDiv: binary(
    (dy, _, b) => tf.div(dy, tf.cast(b, 'float32')),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, tf.cast(a, 'float32')), tf.square(b))),
  ),
  SquaredDifference: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  // A tie gives the whole gradient to the first.
  Maximum: binary(
    (dy, a, b) => tf.mul(dy, asMask(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, asMask(tf.less(a, b))),
  ),
  Minimum: binary(
    (dy, a, b) => tf.mul(dy, asMask(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, asMask(tf.greater(a, b))),
  ),
  Pow: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    // The logarithm's base must be positive; elsewhere the derivative does not exist and counts as 0.
    (dy, a, b) => tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(a), tf.zerosLike(a)))),
  ),

  AddN: { savesAllInputs: true, compute: (dy, saved) => saved.map(() => () => tf.clone(dy)) },
  Select: {
    saves: ['condition'],
    compute: (dy, [condition]) => ({
      condition: () => tf.zeros(condition!.shape),
      t: () => tf.mul(dy, asMask(condition!)),
      e: () => tf.mul(dy, asMask(tf.logicalNot(condition!))),
    }),
  },
} satisfies Record<string, Gradient>;
