// The pooling before heads that read feature maps cell by cell.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { poolToRows } from '../../../worker/heads/pool.js';
import { countPooled } from '../../../worker/heads/pool-size.js';

test.before(async () => {
  await backends.simd.start();
});

test('cells are averaged to the grid that is asked for, those at the edge over what there is, and stand in rows', (t) => {
  tf.tidy(() => {
    // Channel 0 counts the places, channel 1 is 10 times the sample.
    const features = tf.tensor4d(Array.from({ length: 2 * 9 }, (_, i) => [i % 9, 10 * Math.floor(i / 9)]).flat(), [2, 3, 3, 2]);
    t.deepEqual(poolToRows(features, 2).arraySync(), [[2, 0, 3.5, 0, 6.5, 0, 8, 0], [2, 10, 3.5, 10, 6.5, 10, 8, 10]]);
    t.deepEqual(poolToRows(features, 1).arraySync(), [[4, 0], [4, 10]]);
    for (const grid of [3, 4]) t.deepEqual([...poolToRows(features, grid).dataSync()], [...features.dataSync()]);
    for (const grid of [1, 2, 3, 4]) t.is(poolToRows(features, grid).shape[1], countPooled({ side: 3, channels: 2 }, grid));
  });
});
