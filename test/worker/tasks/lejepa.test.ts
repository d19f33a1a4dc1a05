import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { createNet } from '../../../worker/compute/net.js';
import { buildViewTask, lookPastLostPicture } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const SMALL = { hidden: 5, dims: 6, directions: 8 };

test.before(async () => {
  await backends.simd.start();
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) =>
    lookPastLostPicture(t, buildViewTask('lejepa', { ...SMALL, norm })));
}

test('rows of all crops are as far as they are from the middle of the large ones', (t) => {
  const { model, modelOptions, objective } = buildViewTask('lejepa', { ...SMALL, weight: 0.25, crops: { global: 2, local: 1 } });
  tf.tidy(() => {
    const rows = tf.stack([0, 2, 5].map((level) => tf.fill([4, 6], level)));
    const batch = { numSamples: 4, tensors: {}, arrays: {}, weights: Float32Array.of(1, 1, 1, 1) };
    const { terms } = objective.losses({ rows }, batch, createNet({ model, modelOptions, values: {} }));
    // The middle is 1; the mean of 1, 1 and 16 is 6, and three quarters of that count.
    t.deepEqual([...terms['invariance']!.perSample.dataSync()], [4.5, 4.5, 4.5, 4.5]);
  });
});

test('there is one network, no teacher and no queue', (t) => {
  t.true(buildViewTask('lejepa', SMALL).layout.entries.every(({ kind }) => kind === 'trained'));
});

test('a single crop, and a microbatch of one, are refused with the reason', (t) => {
  t.throws(() => buildViewTask('lejepa', { crops: { global: 1, local: 0 } }), { code: 'BAD_RECIPE', message: /compares crops: expected 2 or more altogether, given 1/ });
  t.throws(() => buildViewTask('lejepa', {}, 1), { code: 'BAD_RECIPE', message: /looks at how the rows of a microbatch are distributed/ });
});

test('ranges that end before they begin are refused', (t) => {
  const refuse = (name: string, options: object, message: RegExp): void => void t.throws(() => buildViewTask(name, options), { code: 'BAD_RECIPE', message });
  refuse('lejepa', { crops: { minArea: 0.5 } }, /crops\.minArea: expected at most `border`/);
  refuse('lejepa', { views: { sigmaFrom: 3 } }, /views\.sigmaFrom: expected at most `sigmaTo`/);
  refuse('moco', { views: { sigmaFrom: 3 } }, /views\.sigmaFrom: expected at most `sigmaTo`/);
  refuse('frame-order', { strength: { from: 0.9, until: 0.5 } }, /strength\.from: expected at most `until`/);
});
