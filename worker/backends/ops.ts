// Operations that tfjs does not have, for models and optimizers: fused where the backend has kernels for them, else made of
// tfjs's own ops, with the same results up to rounding. Shape letters: N images, H, W, P places, C channels, G groups.

import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { PHOTOGRAPHS, type ChannelMoments } from '../pixels.js';

/** Mean and variance of each group, [N, G] each. */
export interface Moments {
  readonly meanNG: Tensor2D;
  readonly varianceNG: Tensor2D;
}

export interface NormaliseOptions {
  /** Added to the variance before the root. */
  readonly epsilon: number;
  /** Cuts the result at 0: cheaper than a tf.relu behind it. Default false. */
  readonly relu?: boolean;
  /** Sees the moments before they are disposed: keep or copy what must last. */
  readonly onMoments?: (moments: Moments) => void;
}

/** What each channel is multiplied by and moved by after it is standardised, [C] each. */
export interface Affine {
  readonly scaleC: Tensor1D;
  readonly shiftC: Tensor1D;
}

interface Attributes {
  readonly numGroups: number;
  readonly epsilon: number;
  readonly isEnergy: boolean;
  readonly relu: boolean;
}

/**
 * Standardises each group of C / numGroups channels of each image to mean 0 and variance 1, then scales and shifts each channel
 * (Wu and He 2018, "Group Normalization"; scale is their gamma, shift their beta). C must divide by `numGroups`.
 *
 * With N = 1, all images laid out as places and numGroups = C it is batch normalisation. The caller owns the result.
 */
export function normaliseGroups(xNPC: Tensor3D, affine: Affine, numGroups: number, options: NormaliseOptions): Tensor3D {
  const { epsilon, relu = false, onMoments } = options;
  const attributes = { numGroups, epsilon, isEnergy: false, relu };
  return hasFusedKernels() ? normaliseFused(xNPC, affine, attributes, onMoments) : normaliseComposite(xNPC, affine, attributes, onMoments);
}

/** Group normalisation of a feature map. The caller owns the result. */
export function groupNorm(xNHWC: Tensor4D, affine: Affine, numGroups: number, epsilon: number): Tensor4D {
  const [n, h, w, c] = xNHWC.shape;
  const xNPC = tf.reshape<tf.Rank.R3>(xNHWC, [n, h * w, c]);
  return tf.reshape<tf.Rank.R4>(normaliseGroups(xNPC, affine, numGroups, { epsilon }), xNHWC.shape);
}

/**
 * Standardises the weights of each output channel (the last axis): subtracts their mean and divides by the root of
 * (sum of squares + epsilon), so that their variance is 1 / fanIn (Qiao et al. 2019, "Weight Standardization").
 * The caller owns the result.
 */
export function standardizeWeights(weights: Tensor4D, epsilon: number): Tensor4D {
  const channels = weights.shape[3];
  const flat = tf.reshape<tf.Rank.R3>(weights, [1, weights.size / channels, channels]);
  const attributes = { numGroups: channels, epsilon, isEnergy: true, relu: false };
  const result = hasFusedKernels() ? normaliseFused(flat, undefined, attributes) : normaliseComposite(flat, undefined, attributes);
  return tf.reshape<tf.Rank.R4>(result, weights.shape);
}

/**
 * Cross-entropy of rows of logits [N, K] against rows of probabilities [N, K], in nats: [N]. No gradient flows into the
 * probabilities. The caller owns the result.
 */
export function softmaxCrossEntropy(logitsNK: Tensor2D, probabilitiesNK: Tensor2D): Tensor1D {
  const compute = tf.customGrad((logits, save) => {
    const logSoftmax = tf.logSoftmax(logits as Tensor2D);
    (save as tf.GradSaveFunc)([logSoftmax, probabilitiesNK]);
    const value = tf.neg(tf.sum(tf.mul(probabilitiesNK, logSoftmax), 1));
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [logs, probabilities] = saved as [Tensor2D, Tensor2D];
      const slope = tf.sub(tf.mul(tf.exp(logs), tf.sum(probabilities, 1, true)), probabilities);
      return tf.mul(tf.reshape(dy, [-1, 1]), slope);
    };
    return { value, gradFunc };
  });
  return compute(logitsNK) as Tensor1D;
}

/** By channel and byte: (byte / 255 - mean) / deviation. */
const normalisedOf = ({ mean, deviation }: ChannelMoments): Float32Array[] =>
  mean.map((each, c) => Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - each) / deviation[c]!));

/**
 * Pictures of bytes, [..., C], as numbers of mean 0 and deviation 1, by default over natural photographs. Where the backend has a kernel for
 * it, bytes travel to the device as they are. The caller owns the result.
 */
export function normaliseBytes(bytes: Uint8Array, shape: readonly number[], moments: ChannelMoments = PHOTOGRAPHS): Tensor {
  if (hasKernel('NormaliseBytes')) return normaliseOnDevice(bytes, shape, moments);
  const numbers = new Float32Array(bytes.length);
  const tables = normalisedOf(moments);
  tables.forEach((table, c) => {
    for (let i = c; i < bytes.length; i += tables.length) numbers[i] = table[bytes[i]!]!;
  });
  return tf.tensor(numbers, [...shape]);
}

/** Four bytes in each int32. */
function normaliseOnDevice(bytes: Uint8Array, shape: readonly number[], { mean, deviation }: ChannelMoments): Tensor {
  const packed = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(packed.buffer).set(bytes);
  const attributes = { shape: [...shape], mean: [...mean], deviation: [...deviation] };
  return tf.tidy(() => tf.engine().runKernel<Tensor>('NormaliseBytes', { packed: tf.tensor1d(packed, 'int32') }, attributes));
}

interface Factors {
  readonly a: number;
  readonly b: number;
}

/** a * x + b * y of two tensors of one shape. Has no gradient where it is fused. The caller owns the result. */
export function weightedSum(x: Tensor, a: number, y: Tensor, b: number): Tensor {
  if (hasKernel('WeightedSum')) return runKernel('WeightedSum', { x, y }, { a, b })[0]!;
  const scale = (tensor: Tensor, factor: number): Tensor => (factor === 1 ? tensor : tf.mul(tensor, factor));
  return tf.add(scale(x, a), scale(y, b));
}

/**
 * Zeros if and only if all numbers are finite; of any size. Undefined where the backend has no kernel for it: whoever reads the numbers
 * looks at them there, which takes no tensor as large as they are. The caller owns the result.
 */
export function markNotFinite(x: Tensor1D): Tensor | undefined {
  return hasKernel('MarkNotFinite') ? tf.engine().runKernel<Tensor>('MarkNotFinite', { x }) : undefined;
}

export interface AdamCoefficients {
  readonly beta1: number;
  readonly beta2: number;
  /** Times the mean square: 1 / (1 - beta2^step). */
  readonly correction: number;
  readonly epsilon: number;
  /** Times the parameter, for weight decay: 1 keeps all of it. */
  readonly kept: number;
  /** Learning rate / (1 - beta1^step). */
  readonly stride: number;
}

/** State of one parameter under Adam; all of one shape. */
export interface AdamState {
  readonly parameter: Tensor;
  readonly mean: Tensor;
  readonly square: Tensor;
}

/** One update of Adam (Kingma and Ba 2015; mean and square are their m and v). The caller owns the result. */
export function updateAdam({ parameter, mean, square }: AdamState, gradient: Tensor, coefficients: AdamCoefficients): AdamState {
  const { beta1, beta2, correction, epsilon, kept, stride } = coefficients;
  if (hasKernel('Adam')) {
    const [p, m, v] = runKernel('Adam', { parameter, gradient, mean, square }, coefficients) as [Tensor, Tensor, Tensor];
    return { parameter: p, mean: m, square: v };
  }
  const nextMean = weightedSum(mean, beta1, gradient, 1 - beta1);
  const nextSquare = weightedSum(square, beta2, tf.mul(gradient, gradient), 1 - beta2);
  const direction = tf.div(nextMean, tf.add(tf.sqrt(tf.mul(nextSquare, correction)), epsilon));
  return { parameter: weightedSum(parameter, kept, direction, -stride), mean: nextMean, square: nextSquare };
}

function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

function hasFusedKernels(): boolean {
  return hasKernel('NormaliseGroups');
}

function runKernel(name: string, inputs: Record<string, Tensor | null | undefined>, attributes: Attributes | AdamCoefficients | Factors): Tensor[] {
  const present = Object.entries(inputs).filter((entry): entry is [string, Tensor] => Boolean(entry[1]));
  return tf.engine().runKernel<Tensor[]>(name, Object.fromEntries(present), { ...attributes });
}

/** Each backend keeps moments as it likes, and has a kernel that makes numbers of them. */
function readMoments(moments: Tensor, attributes: Attributes): Moments {
  const [meanNG, varianceNG] = runKernel('NormaliseMoments', { moments }, attributes) as [Tensor2D, Tensor2D];
  return { meanNG, varianceNG };
}

function normaliseFused(xNPC: Tensor3D, affine: Affine | undefined, attributes: Attributes, onMoments?: (moments: Moments) => void): Tensor3D {
  const inputs = [xNPC, ...(affine ? [affine.scaleC, affine.shiftC] : [])];
  const compute = tf.customGrad((...all) => {
    const save = all.pop() as tf.GradSaveFunc;
    const [x, scaleC, shiftC] = all as Tensor[];
    const [value, moments] = runKernel('NormaliseGroups', { x: x!, scale: scaleC, shift: shiftC }, attributes) as [Tensor, Tensor];
    onMoments?.(readMoments(moments, attributes));
    save([x!, moments, ...(scaleC ? [scaleC] : []), ...(attributes.relu ? [value] : [])]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const output = attributes.relu ? saved.at(-1) : null;
      const scaleSaved = scaleC ? saved[2] : null;
      const gradients = runKernel('NormaliseGroupsGrad', { x: saved[0], dy, moments: saved[1], scale: scaleSaved, output }, attributes);
      return scaleC ? gradients : gradients.slice(0, 1);
    };
    return { value, gradFunc };
  });
  return compute(...inputs) as Tensor3D;
}

/** The same of tfjs's own ops, through which it differentiates by itself. */
function normaliseComposite(xNPC: Tensor3D, affine: Affine | undefined, attributes: Attributes, onMoments?: (moments: Moments) => void): Tensor3D {
  const { numGroups, epsilon, isEnergy, relu } = attributes;
  const [n, p, c] = xNPC.shape;
  const grouped = tf.reshape<tf.Rank.R4>(xNPC, [n, p, numGroups, c / numGroups]);
  const mean = tf.mean(grouped, [1, 3], true);
  const centred = tf.sub(grouped, mean);
  const energy = tf.sum(tf.square(centred), [1, 3], true);
  const spread = isEnergy ? energy : tf.div(energy, (p * c) / numGroups);
  onMoments?.({ meanNG: tf.reshape(mean, [n, numGroups]), varianceNG: tf.reshape(spread, [n, numGroups]) });
  const standard = tf.reshape<tf.Rank.R3>(tf.mul(centred, tf.rsqrt(tf.add(spread, epsilon))), xNPC.shape);
  const scaled = affine ? tf.add<Tensor3D>(tf.mul(standard, affine.scaleC), affine.shiftC) : standard;
  return relu ? tf.relu(scaled) : scaled;
}
