// Trains a benchmark network with tfjs on random data: forward, backward and Adam, as a worker would.

import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import { normaliseGroups, softmaxCrossEntropy, updateAdam } from '../../worker/backends/ops.js';
import type { AdamState, Affine } from '../../worker/backends/ops.js';
import type { Convolution, Network } from './networks.js';

/** Images of a step, unless told otherwise. */
export const BATCH = 32;
const EPSILON = 1e-5;

/** Parameters in the order in which the forward pass takes them. */
class Parameters {
  readonly values: Tensor[] = [];
  readonly #random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'bench' });

  add(shape: number[], bound: number): void {
    const length = shape.reduce((product, extent) => product * extent, 1);
    this.values.push(tf.tensor(Float32Array.from({ length }, () => this.#random.uniform(-bound, bound)), shape));
  }

  addConvolution({ size, from, to }: Convolution): void {
    this.add([size, size, from, to], Math.sqrt(6 / (size * size * from)));
    this.values.push(tf.ones([to]), tf.zeros([to]));
  }
}

function createParameters(network: Network): Tensor[] {
  const parameters = new Parameters();
  for (const layer of network.layers) {
    if (layer.type === 'convolution') parameters.addConvolution(layer);
    if (layer.type !== 'residual') continue;
    for (const convolution of layer.body) parameters.addConvolution(convolution);
    if (layer.shortcut) parameters.addConvolution(layer.shortcut);
  }
  parameters.add([network.features, network.classes], 1 / Math.sqrt(network.features));
  parameters.add([network.classes], 0);
  return parameters.values;
}

function normalise(x: Tensor4D, affine: Affine, { norm, groups }: Network, relu: boolean): Tensor4D {
  const [n, h, w, c] = x.shape;
  const shape: [number, number, number] = norm === 'batch' ? [1, n * h * w, c] : [n, h * w, c];
  const flat = tf.reshape<tf.Rank.R3>(x, shape);
  return tf.reshape<tf.Rank.R4>(normaliseGroups(flat, affine, norm === 'batch' ? c : groups, { epsilon: EPSILON, relu }), x.shape);
}

/** Sum of the losses of a batch. */
function computeLoss(network: Network, parameters: readonly Tensor[], images: Tensor4D, labels: Tensor2D): Scalar {
  const left = [...parameters];
  const take = <R extends tf.Rank>(): Tensor<R> => left.shift() as Tensor<R>;
  const convolve = (x: Tensor4D, { stride, relu }: Convolution): Tensor4D => {
    const y = tf.conv2d(x, take<tf.Rank.R4>(), stride, 'same');
    return normalise(y, { scaleC: take<tf.Rank.R1>(), shiftC: take<tf.Rank.R1>() }, network, relu);
  };
  let x: Tensor4D = images;
  for (const layer of network.layers) {
    if (layer.type === 'convolution') x = convolve(x, layer);
    else if (layer.type === 'maxpool') x = tf.maxPool(x, layer.size, layer.stride, 'same');
    else {
      const body = layer.body.reduce(convolve, x);
      x = tf.relu(tf.add(body, layer.shortcut ? convolve(x, layer.shortcut) : x));
    }
  }
  const pooled = tf.reshape<tf.Rank.R2>(tf.mean(x, [1, 2]), [x.shape[0], x.shape[3]]);
  const logits = tf.add<Tensor2D>(tf.matMul(pooled, take<tf.Rank.R2>()), take<tf.Rank.R1>());
  return tf.mean(softmaxCrossEntropy(logits, labels));
}

export interface Trainer {
  readonly numParameters: number;
  /** One step; returns the loss before it, read back as a worker would. */
  step(): Promise<number>;
  dispose(): void;
}

/** Owns its tensors until it is disposed. */
export function createTrainer(network: Network, batch = BATCH): Trainer {
  const random = createRandom({ seed: 2, epoch: 0, sample: 0, purpose: 'bench data' });
  const pixels = Float32Array.from({ length: batch * network.side ** 2 * 3 }, () => random.uniform(-1, 1));
  const images = tf.tensor4d(pixels, [batch, network.side, network.side, 3]);
  const oneHot = new Float32Array(batch * network.classes);
  for (let n = 0; n < batch; n++) oneHot[n * network.classes + random.int(network.classes)] = 1;
  const labels = tf.tensor2d(oneHot, [batch, network.classes]);
  let states = createParameters(network).map((parameter): AdamState => {
    return { parameter, mean: tf.zerosLike(parameter), square: tf.zerosLike(parameter) };
  });
  const numParameters = states.reduce((sum, { parameter }) => sum + parameter.size, 0);
  let count = 0;

  async function step(): Promise<number> {
    count += 1;
    const run = tf.valueAndGrads((...values: Tensor[]) => computeLoss(network, values, images, labels));
    const { value, grads } = run(states.map(({ parameter }) => parameter));
    const correction = 1 / (1 - 0.999 ** count);
    const coefficients = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction, kept: 1, stride: 1e-3 / (1 - 0.9 ** count) };
    const updated = states.map((state, i) => tf.tidy(() => ({ ...updateAdam(state, grads[i]!, coefficients) })));
    tf.dispose([states.map((state) => ({ ...state })), grads]);
    states = updated;
    const [loss] = await value.data();
    value.dispose();
    return loss!;
  }

  return { numParameters, step, dispose: () => { tf.dispose([states.map((state) => ({ ...state })), images, labels]); } };
}
