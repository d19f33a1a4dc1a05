// The promise for masked autoencoding and the vision transformer, on real processes.

import anyTest, { type TestFn } from 'ava';
import { makeImages } from '../helpers/data.js';
import { testSameBits } from '../helpers/same-bits.js';

testSameBits(anyTest.serial as TestFn, 'mae', {
  flags: [
    '--task', 'mae', '--set', 'task.options={decoderWidth: 16, decoderDepth: 1, decoderHeads: 2}',
    '--set', 'model={name: vit, options: {patch: 6, width: 24, depth: 3, heads: 2}}', '--set', 'optimizer.name=adamw', '--set', 'optimizer.learningRate=0.002',
  ],
  steps: 16,
  checkpointEvery: 5,
  makeData: makeImages,
  isOnlyLong: true,
});
