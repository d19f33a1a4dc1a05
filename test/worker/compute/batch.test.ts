// Drawn arrays on the device.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { Puzzle } from '../../../worker/tasks/task.js';

const puzzle: Puzzle = {
  needs: { media: 'image' },
  arrays: {
    picture: { type: 'uint8', shape: [1, 2, 3] },
    turn: { type: 'int32', shape: [1] },
    numbers: { type: 'float32', shape: [2] },
  },
  terms: [],
  metrics: {},
  draw: () => false,
  state: () => [],
};

test.before(async () => {
  await backends.simd.start();
});

test('bytes are normalised by channel, numbers stay as they are, each array with the samples first', (t) => {
  const bytes = Uint8Array.of(0, 128, 255, 3, 40, 90, 255, 0, 17, 200, 1, 2);
  const arrays = { picture: bytes, turn: Int32Array.of(3, 1), numbers: Float32Array.of(0.5, -2, 1e-3, 7) };
  const weights = Float32Array.of(1, 0);
  tf.tidy(() => {
    const batch = toBatch(puzzle, arrays, weights);
    const { picture, turn, numbers } = batch.tensors as Record<string, tf.Tensor>;
    t.deepEqual([picture!.shape, turn!.shape, numbers!.shape], [[2, 1, 2, 3], [2, 1], [2, 2]]);
    t.deepEqual([picture!.dtype, turn!.dtype, numbers!.dtype], ['float32', 'int32', 'float32']);
    const [mean, deviation] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
    picture!.dataSync<'float32'>().forEach((value, i) => {
      const expected = (bytes[i]! / 255 - mean[i % 3]!) / deviation[i % 3]!;
      t.true(Math.abs(value - expected) < 1e-6, `element ${i}: ${value}, expected ${expected}`);
    });
    t.deepEqual([...turn!.dataSync()], [3, 1]);
    t.deepEqual(numbers!.dataSync<'float32'>(), arrays.numbers);
    t.is(batch.numSamples, 2);
    t.is(batch.arrays, arrays);
    t.is(batch.weights, weights);
  });
});
