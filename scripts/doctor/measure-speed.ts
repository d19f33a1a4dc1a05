// How fast the current tfjs backend computes what training consists of: a matrix product, and a 3x3 convolution with both of its
// gradients. Rough on purpose, a few seconds; `npm run bench` is the thorough one.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';

export interface Speed {
  /** Billions of multiplications and additions a second. */
  readonly matmulGflops: number;
  readonly convolutionGflops: number;
}

interface Work {
  /** The smallest takes the slowest backend a second; the largest fills a large GPU. */
  readonly sizes: readonly number[];
  flopsOf(size: number): number;
  /** Inputs, which the caller disposes, and a function that computes with them. */
  prepare(size: number): { readonly inputs: readonly Tensor[]; run(): Tensor };
}

const SECONDS = 2;
/** A size whose run takes less is too small to tell what the device can do. */
const LONG_MS = 100;

const SIDE = 16;
const CHANNELS = 64;

function createValues(shape: number[]): Tensor {
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'doctor' });
  const length = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor(Float32Array.from({ length }, () => random.uniform(-1, 1)), shape);
}

const matmul: Work = {
  sizes: [256, 512, 1024, 2048, 4096],
  flopsOf: (side) => 2 * side ** 3,
  prepare(side) {
    const [a, b] = [createValues([side, side]), createValues([side, side])];
    return { inputs: [a, b], run: () => tf.matMul(a, b) };
  },
};

const convolution: Work = {
  sizes: [1, 4, 16, 64, 256, 1024],
  flopsOf: (batch) => 3 * 2 * batch * SIDE ** 2 * 9 * CHANNELS ** 2,
  prepare(batch) {
    const inputs = [createValues([batch, SIDE, SIDE, CHANNELS]), createValues([3, 3, CHANNELS, CHANNELS])];
    const computeGradients = tf.grads((images, filter) => tf.conv2d(images as Tensor4D, filter as Tensor4D, 1, 'same'));
    return {
      inputs,
      run: () => tf.tidy(() => {
        const [images, filter] = computeGradients([...inputs]);
        return tf.add(tf.slice(images!, [0, 0, 0, 0], [1, 1, 1, 1]), tf.slice(filter!, [0, 0, 0, 0], [1, 1, 1, 1]));
      }),
    };
  },
};

/** Runs and reads one number back: only then has a GPU really computed. */
async function timeMs(run: () => Tensor): Promise<number> {
  const start = performance.now();
  const one = tf.tidy(() => tf.slice(tf.reshape(run(), [-1]), 0, 1));
  await one.data();
  one.dispose();
  return performance.now() - start;
}

/** GFLOP/s of the best run at the first size that keeps the device busy. */
async function measure({ sizes, flopsOf, prepare }: Work): Promise<number> {
  const endMs = performance.now() + SECONDS * 1000;
  let gflops = 0;
  for (const size of sizes) {
    const { inputs, run } = prepare(size);
    // The first run may compile.
    let bestMs = await timeMs(run);
    if (performance.now() < endMs) bestMs = await timeMs(run);
    const isLast = bestMs >= LONG_MS || size === sizes.at(-1);
    while (isLast && performance.now() < endMs) bestMs = Math.min(bestMs, await timeMs(run));
    gflops = Math.max(gflops, flopsOf(size) / bestMs / 1e6);
    tf.dispose([...inputs]);
    if (isLast || performance.now() >= endMs) break;
  }
  return gflops;
}

export async function measureSpeed(): Promise<Speed> {
  return { matmulGflops: await measure(matmul), convolutionGflops: await measure(convolution) };
}
