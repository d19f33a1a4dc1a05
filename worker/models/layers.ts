// The forward passes of the layers whose state layer-state.ts describes. Shape letters: N images, H, W, C channels in, D channels out.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { normaliseGroups, standardizeWeights, type Affine } from '../backends/ops.js';
import { EPSILON, groupsOf, KERNEL_EPSILON, type Convolution, type Dense } from './layer-state.js';
import type { ModelContext, NamedTensors } from './model.js';
import { padFor } from './padding.js';
import { kernelOf, matrixOf, vectorOf } from './parameters.js';
import { show } from './watch.js';

/**
 * Convolution with zero padding so that the side is divided by the stride, rounded up; its normalisation; ReLU if asked for. Group norm, and
 * none, neither have statistics nor know training: they need no context.
 */
export function applyConvolution(
  layer: Convolution,
  parameters: NamedTensors,
  inputsNHWC: Tensor4D,
  context: ModelContext = { training: false, statistics: {} },
): Tensor4D {
  return show(layer.name, parameters, convolve(layer, parameters, inputsNHWC, context));
}

function convolve(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D, context: ModelContext): Tensor4D {
  const kernel = kernelOf(parameters, `${layer.name}/kernel`);
  const isStandardised = layer.norm === 'group';
  const [paddedNHWC, padding] = padFor(layer, inputsNHWC);
  const outputs = tf.conv2d(paddedNHWC, isStandardised ? standardizeWeights(kernel, KERNEL_EPSILON) : kernel, layer.stride, padding);
  if (layer.norm === 'group') return normaliseSamples(layer, parameters, outputs);
  if (layer.norm === 'batch' && context.training && context.frozen?.has(`${layer.name}/mean`) !== true) return normaliseBatch(layer, parameters, outputs, context);
  const shifted: Tensor4D =
    layer.norm === 'batch'
      ? applyRunning(layer, parameters, outputs)
      : tf.add(outputs, vectorOf(parameters, `${layer.name}/bias`));
  return layer.relu ? tf.relu(shifted) : shifted;
}

const affineOf = ({ name }: Convolution, parameters: NamedTensors): Affine => ({
  scaleC: vectorOf(parameters, `${name}/scale`),
  shiftC: vectorOf(parameters, `${name}/shift`),
});

function normaliseSamples(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputsNPC = tf.reshape<tf.Rank.R3>(inputsNHWC, [n, h * w, c]);
  const outputs = normaliseGroups(inputsNPC, affineOf(layer, parameters), groupsOf(c), { epsilon: EPSILON, relu: layer.relu });
  return tf.reshape<tf.Rank.R4>(outputs, inputsNHWC.shape);
}

/** Over the microbatch's own statistics, which it records: like any other result they end with the caller's tidy. */
function normaliseBatch(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D, { statistics }: ModelContext): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputs1PC = tf.reshape<tf.Rank.R3>(inputsNHWC, [1, n * h * w, c]);
  const record = (name: string, values: Tensor): void => {
    statistics[`${layer.name}/${name}`] = tf.keep(tf.reshape<tf.Rank.R1>(values, [c]));
  };
  const outputs = normaliseGroups(inputs1PC, affineOf(layer, parameters), c, {
    epsilon: EPSILON,
    relu: layer.relu,
    // The moments are disposed with the forward pass of this one operation, so they are kept over its end and then handed on.
    onMoments({ meanNG, varianceNG }) {
      record('mean', meanNG);
      record('variance', varianceNG);
    },
  });
  for (const name of ['mean', 'variance']) {
    const kept = statistics[`${layer.name}/${name}`]!;
    statistics[`${layer.name}/${name}`] = tf.clone(kept);
    kept.dispose();
  }
  return tf.reshape<tf.Rank.R4>(outputs, inputsNHWC.shape);
}

/** Batch normalisation by the running statistics. */
function applyRunning(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D): Tensor4D {
  const { scaleC, shiftC } = affineOf(layer, parameters);
  const scale = tf.mul(scaleC, tf.rsqrt(tf.add(vectorOf(parameters, `${layer.name}/variance`), EPSILON)));
  const shift = tf.sub(shiftC, tf.mul(vectorOf(parameters, `${layer.name}/mean`), scale));
  return tf.add(tf.mul(inputsNHWC, scale), shift);
}

/** [N, in] to [N, out]. */
export function applyDense({ name, bias = true }: Dense, parameters: NamedTensors, inputs: Tensor2D): Tensor2D {
  const outputs: Tensor2D = tf.matMul(inputs, matrixOf(parameters, `${name}/kernel`));
  return show(name, parameters, bias ? tf.add(outputs, vectorOf(parameters, `${name}/bias`)) : outputs);
}
