// Metrics of the pretext task over puzzles that do not fill whole microbatches.

import anyTest, { type TestFn } from 'ava';
import { initValues } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import { createPretextMeter } from '../../../worker/evaluate/pretext.js';
import { createClip } from '../../helpers/clips.js';
import { partsOf } from '../../helpers/recipes.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('the last puzzles, too few for a microbatch, are compared with as many others as in a full one', async (t) => {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: 8, shortSide: 8 }, task: { name: 'simclr' },
    model: { name: 'convnet', options: { width: 2, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 5 },
  }, 16);
  const meter = createPretextMeter(parts, initValues(parts.layout, 3), { puzzlesPerItem: 1, seed: 5 });
  t.teardown(() => meter.dispose());
  // All are black, so that none is nearer to its own than to another's. Alone it would be.
  for (let item = 0; item < 6; item++) await meter.add({ frames: createClip({ numFrames: 1, height: 10, width: 10 }, () => 0), item });
  const { metrics, numPuzzles } = await meter.score();
  t.is(numPuzzles, 6);
  t.is(metrics['accuracy']!.mean, 0);
});
