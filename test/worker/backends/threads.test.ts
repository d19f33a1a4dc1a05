// The number of threads changes how fast simd is, and not one bit of what it computes.

import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import test from 'ava';
import { networks } from '../../../scripts/bench/networks.js';
import { createTrainer } from '../../../scripts/bench/train.js';
import { createRandom } from '../../../shared/random/random.js';
import { groupNorm } from '../../../worker/backends/ops.js';
import { simd } from '../../../worker/backends/simd.js';

function createTensor(shape: readonly number[], purpose: string): Tensor {
  const random = createRandom({ seed: 4, epoch: 0, sample: 0, purpose });
  const length = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor(Float32Array.from({ length }, () => random.uniform(-1, 1)), [...shape]);
}

/** Loss and gradients of a network that is large enough for many chunks. */
function computeAll(): Float32Array[] {
  return tf.tidy(() => {
    const images = createTensor([8, 19, 17, 3], 'images') as Tensor4D;
    const inputs = [
      createTensor([3, 3, 3, 24], 'a'), createTensor([24], 'scale'), createTensor([24], 'shift'), createTensor([3, 3, 24, 40], 'b'), createTensor([40, 7], 'c'),
      createTensor([3, 3, 24, 24], 'winograd'), createTensor([3, 3, 24, 1], 'depthwise'),
    ];
    const loss = (...values: Tensor[]): tf.Scalar => {
      const [a, scale, shift, b, c, d, e] = values as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      const first = tf.relu(groupNorm(tf.conv2d(images, a as Tensor4D, 1, 'same'), { scaleC: scale as tf.Tensor1D, shiftC: shift as tf.Tensor1D }, 3, 1e-5));
      const second = tf.depthwiseConv2d(tf.conv2d(first, d as Tensor4D, 1, 'same'), e as Tensor4D, 1, 'same');
      const x = tf.image.resizeBilinear(tf.avgPool(second, 2, 2, 'same'), [15, 14]);
      const y = tf.maxPool(tf.conv2d(x, b as Tensor4D, 2, 'same'), 3, 2, 'same');
      return tf.sum(tf.square(tf.logSoftmax(tf.matMul(tf.mean<tf.Tensor2D>(tf.square(y), [1, 2]), c as tf.Tensor2D))));
    };
    const { value, grads } = tf.valueAndGrads(loss)(inputs);
    return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

async function computeWith(threads: number, repetitions: number): Promise<Float32Array[][]> {
  const started = await simd.start({ threads });
  const results = Array.from({ length: repetitions }, computeAll);
  await started.dispose();
  return results;
}

test.serial('1, 2 and 3 threads give the same bits, again and again', async (t) => {
  const [alone] = await computeWith(1, 1);
  for (const threads of [2, 3]) {
    for (const result of await computeWith(threads, 20)) t.deepEqual(result, alone);
  }
});

/** Losses of six training steps, every bit of them: they depend on all gradients and updates before. */
async function digestTraining(threads: number): Promise<string> {
  const started = await simd.start({ threads });
  const hash = createHash('sha256');
  for (const network of networks.filter(({ name }) => name.startsWith('convnet'))) {
    const trainer = createTrainer(network);
    for (let i = 0; i < 6; i++) hash.update(Float32Array.of(await trainer.step()));
    trainer.dispose();
  }
  await started.dispose();
  return hash.digest('hex');
}

test.serial('training has one digest with 1 and 2 threads', async (t) => {
  const digest = await digestTraining(1);
  t.log(digest);
  t.is(await digestTraining(2), digest);
});
