// The few layers that trunks are made of, each as its parameters and its forward pass.
// Left out: anything with state of its own. Shape letters: N images, H, W, C channels in, D channels out.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterSpec } from '../../shared/tensors/layout.js';
import { normaliseGroups, standardizeWeights } from '../backends/ops.js';
import type { NamedTensors } from '../tasks/task.js';
import type { ModelContext } from './model.js';
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
  /** Cuts the result at 0. */
  readonly relu: boolean;
  /** First value of the normalisation's scale: 0 makes a residual branch start silent. Default 1. */
  readonly firstScale?: number;
}

/** Added to a channel's sum of squared weights, which is near 2 at the start. */
const KERNEL_EPSILON = 1e-4;
/** Added to the variance of a group, or of a channel. */
const EPSILON = 1e-5;
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

/** Convolution with zero padding so that the side is divided by the stride, rounded up; its normalisation; ReLU if asked for. */
export function applyConvolution(
  layer: Convolution,
  parameters: NamedTensors,
  inputsNHWC: Tensor4D,
  context: ModelContext,
): Tensor4D {
  const kernel = kernelOf(parameters, `${layer.name}/kernel`);
  const isStandardised = layer.norm === 'group';
  const outputs = tf.conv2d(inputsNHWC, isStandardised ? standardizeWeights(kernel, KERNEL_EPSILON) : kernel, layer.stride, 'same');
  if (layer.norm === 'group') return normaliseSamples(layer, parameters, outputs);
  if (layer.norm === 'batch' && context.training) return normaliseBatch(layer, parameters, outputs, context);
  const shifted: Tensor4D =
    layer.norm === 'batch'
      ? applyRunning(layer, parameters, outputs)
      : tf.add(outputs, vectorOf(parameters, `${layer.name}/bias`));
  return layer.relu ? tf.relu(shifted) : shifted;
}

const affineOf = ({ name }: Convolution, parameters: NamedTensors): [Tensor1D, Tensor1D] => [
  vectorOf(parameters, `${name}/scale`),
  vectorOf(parameters, `${name}/shift`),
];

function normaliseSamples(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputsNPC = tf.reshape<tf.Rank.R3>(inputsNHWC, [n, h * w, c]);
  const outputs = normaliseGroups(inputsNPC, ...affineOf(layer, parameters), groupsOf(c), { epsilon: EPSILON, relu: layer.relu });
  return tf.reshape<tf.Rank.R4>(outputs, inputsNHWC.shape);
}

/** Over the microbatch's own statistics, which it records: like any other result they end with the caller's tidy. */
function normaliseBatch(layer: Convolution, parameters: NamedTensors, inputsNHWC: Tensor4D, { statistics }: ModelContext): Tensor4D {
  const [n, h, w, c] = inputsNHWC.shape;
  const inputs1PC = tf.reshape<tf.Rank.R3>(inputsNHWC, [1, n * h * w, c]);
  const record = (name: string, values: Tensor): void => {
    statistics[`${layer.name}/${name}`] = tf.keep(tf.reshape<tf.Rank.R1>(values, [c]));
  };
  const outputs = normaliseGroups(inputs1PC, ...affineOf(layer, parameters), c, {
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
  const [gain, offset] = affineOf(layer, parameters);
  const scale = tf.mul(gain, tf.rsqrt(tf.add(vectorOf(parameters, `${layer.name}/variance`), EPSILON)));
  const shift = tf.sub(offset, tf.mul(vectorOf(parameters, `${layer.name}/mean`), scale));
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
