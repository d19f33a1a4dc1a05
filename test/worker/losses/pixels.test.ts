import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { gainOver } from '../../../worker/losses/pixels.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('a gain over a baseline is that of all pictures together: a flat one does not outweigh the others, nor does one that cannot be used count', (t) => {
  const [baselines, errors, weights] = [[1, 0, 0.5, 9], [0.25, 0.05, 0.2, 1], Float32Array.of(1, 1, 1, 0)] as const;
  const [values, counts] = tf.tidy(() => {
    const { perSample, weight } = gainOver(tf.tensor1d([...baselines]), tf.tensor1d([...errors]), weights);
    return [perSample.dataSync<'float32'>(), weight!.dataSync<'float32'>()];
  });
  t.is(counts[3], 0);
  const mean = values.reduce((sum, value, i) => sum + value * counts[i]!, 0) / counts.reduce((a, b) => a + b);
  t.true(Math.abs(mean - (1 - 0.5 / 1.5)) < 1e-5, String(mean));
});
