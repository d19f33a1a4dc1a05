// The few layers that trunks are made of, each as its parameters and its forward pass.
// Left out: anything with state of its own. Shape letters: N images, H, W, C channels in, D channels out.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterSpec } from '../../shared/tensors/layout.js';
import type { NamedTensors } from '../tasks/task.js';
import type { ModelContext } from './model.js';
import { EPSILON, normaliseGroups } from './normalisation.js';
import { kernelOf, matrixOf, vectorOf } from './parameters.js';

/** `group` standardises the weights too (Qiao et al. 2019), which takes the place of batch statistics. */
export type Norm = 'group' | 'batch' | 'none';

export interface Convolution {
  readonly name: string;
  readonly size: number;
  readonly stride: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly norm: Norm;
  /** First value of the normalisation's scale: 0 makes a residual branch start silent. Default 1. */
  readonly firstScale?: number;
}

const KERNEL_EPSILON = 1e-4;
const CHANNELS_PER_GROUP = 16;

/** 16 channels a group (Wu and He 2018), one group where that does not divide. */
export function groupsOf(channels: number): number {
  return channels % CHANNELS_PER_GROUP === 0 ? channels / CHANNELS_PER_GROUP : 1;
}

const constant = (name: string, length: number, value: number, role: ParameterSpec['role'] = 'parameter'): ParameterSpec => ({
  name,
  shape: [length],
  role,
  init: { kind: 'constant', value },
  decay: false,
});

/** Parameters of a convolution with its normalisation: `kernel`, then `scale` and `shift` or `bias`, then statistics. */
export function convolutionParameters(layer: Convolution): ParameterSpec[] {
  const { name, size, channelsIn, channelsOut, norm } = layer;
  const fanIn = size * size * channelsIn;
  const kernel: ParameterSpec = {
    name: `${name}/kernel`,
    shape: [size, size, channelsIn, channelsOut],
    role: 'parameter',
    init: { kind: 'heUniform', fanIn },
    decay: true,
  };
  if (norm === 'none') return [kernel, constant(`${name}/bias`, channelsOut, 0)];
  const affine = [constant(`${name}/scale`, channelsOut, layer.firstScale ?? 1), constant(`${name}/shift`, channelsOut, 0)];
  if (norm === 'group') return [kernel, ...affine];
  return [
    kernel,
    ...affine,
    constant(`${name}/mean`, channelsOut, 0, 'statistic'),
    constant(`${name}/variance`, channelsOut, 1, 'statistic'),
  ];
}

/** Each output channel's weights to mean 0 and variance 1 / fanIn. */
export function standardiseKernel(kernelHWCD: Tensor4D): Tensor4D {
  const [height, width, channelsIn, channelsOut] = kernelHWCD.shape;
  const fanIn = height * width * channelsIn;
  const flat = tf.reshape(kernelHWCD, [fanIn, channelsOut]);
  const centred = tf.sub(flat, tf.mean(flat, 0, true));
  const energy = tf.sum(tf.mul(centred, centred), 0, true);
  return tf.reshape<tf.Rank.R4>(tf.mul(centred, tf.rsqrt(tf.add(energy, KERNEL_EPSILON))), kernelHWCD.shape);
}

/** Convolution with zero padding so that the side is divided by the stride, rounded up; then its normalisation, no ReLU. */
export function applyConvolution(
  layer: Convolution,
  parameters: NamedTensors,
  inputsNHWC: Tensor4D,
  context: ModelContext,
): Tensor4D {
  const { name, stride, norm } = layer;
  const kernel = kernelOf(parameters, `${name}/kernel`);
  const outputs = tf.conv2d(inputsNHWC, norm === 'group' ? standardiseKernel(kernel) : kernel, stride, 'same');
  switch (norm) {
    case 'none':
      return tf.add(outputs, vectorOf(parameters, `${name}/bias`));
    case 'group':
      return groupNorm(outputs, name, parameters);
    case 'batch':
      return context.training ? batchNorm(outputs, name, parameters, context) : frozenBatchNorm(outputs, name, parameters);
    default:
      return norm satisfies never;
  }
}

function groupNorm(inputsNHWC: Tensor4D, name: string, parameters: NamedTensors): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputsNPC = tf.reshape<tf.Rank.R3>(inputsNHWC, [n, h * w, c]);
  const scale = vectorOf(parameters, `${name}/scale`);
  const shift = vectorOf(parameters, `${name}/shift`);
  return tf.reshape<tf.Rank.R4>(normaliseGroups(inputsNPC, scale, shift, groupsOf(c)), inputsNHWC.shape);
}

/** Over the microbatch's own statistics, which it records (kept: the caller of the model disposes them). */
function batchNorm(inputsNHWC: Tensor4D, name: string, parameters: NamedTensors, context: ModelContext): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputs1PC = tf.reshape<tf.Rank.R3>(inputsNHWC, [1, n * h * w, c]);
  const scale = vectorOf(parameters, `${name}/scale`);
  const shift = vectorOf(parameters, `${name}/shift`);
  const outputs = normaliseGroups(inputs1PC, scale, shift, c, ({ meanNG, varianceNG }) => {
    context.statistics[`${name}/mean`] = tf.keep(tf.reshape<tf.Rank.R1>(meanNG, [c]));
    context.statistics[`${name}/variance`] = tf.keep(tf.reshape<tf.Rank.R1>(varianceNG, [c]));
  });
  return tf.reshape<tf.Rank.R4>(outputs, inputsNHWC.shape);
}

function frozenBatchNorm(inputsNHWC: Tensor4D, name: string, parameters: NamedTensors): Tensor4D {
  const variance = vectorOf(parameters, `${name}/variance`);
  const scale = tf.mul(vectorOf(parameters, `${name}/scale`), tf.rsqrt(tf.add(variance, EPSILON)));
  const shift = tf.sub(vectorOf(parameters, `${name}/shift`), tf.mul(vectorOf(parameters, `${name}/mean`), scale));
  return tf.add(tf.mul(inputsNHWC, scale), shift);
}

export interface Dense {
  readonly name: string;
  readonly numInputs: number;
  readonly numOutputs: number;
  /** Times the He-uniform bound. Default 1; small for a last layer, so that the first guess is no guess. */
  readonly gain?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Parameters of a fully connected layer: `kernel` [in, out] and `bias`. */
export function denseParameters({ name, numInputs, numOutputs, gain = 1, bias = true }: Dense): ParameterSpec[] {
  const kernel: ParameterSpec = {
    name: `${name}/kernel`,
    shape: [numInputs, numOutputs],
    role: 'parameter',
    init: { kind: 'heUniform', fanIn: numInputs, gain },
    decay: true,
  };
  return bias ? [kernel, constant(`${name}/bias`, numOutputs, 0)] : [kernel];
}

/** [N, in] to [N, out]. */
export function applyDense({ name, bias = true }: Dense, parameters: NamedTensors, inputs: Tensor2D): Tensor2D {
  const outputs: Tensor2D = tf.matMul(inputs, matrixOf(parameters, `${name}/kernel`));
  return bias ? tf.add(outputs, vectorOf(parameters, `${name}/bias`)) : outputs;
}
