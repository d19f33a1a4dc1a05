// Metrics of the pretext task over puzzles that do not fill whole microbatches.

import anyTest, { type TestFn } from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { backends } from '../../../worker/backends/index.js';
import { createPretextMeter } from '../../../worker/evaluate/pretext.js';
import type { Media } from '../../../worker/decode/media.js';
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

const LABELLED = {
  data: { root: '/data', source: 'image-folder', side: 8, shortSide: 8, classes: ['dark', 'bright'] },
  model: { name: 'convnet', options: { width: 2, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 4 },
};
const mediaOf = (item: number): Media => ({ frames: createClip({ numFrames: 1, height: 10, width: 10 }, (_frame, y, x) => (item % 2) * 100 + 10 * y + x), item, label: item % 2 });

test('what is learnt from labels is measured once as it is, and its consistency between that and a version that is drawn', async (t) => {
  const parts = partsOf({ ...LABELLED, task: { name: 'classify' }, consistency: { predictions: { confidence: 0 } } }, 16);
  const meter = createPretextMeter(parts, initValues(parts.layout, 3), { puzzlesPerItem: 3, seed: 5 });
  t.teardown(() => meter.dispose());
  for (let item = 0; item < 6; item++) await meter.add(mediaOf(item));
  const { metrics, numPuzzles } = await meter.score();
  t.is(numPuzzles, 6);
  t.deepEqual(Object.keys(metrics).filter((name) => !Number.isFinite(metrics[name]!.mean)), []);
  t.is(metrics['consistency/class/confident']!.mean, 1);
});

test('what is learnt from labels is measured as it is beside other tasks too', (t) => {
  const { puzzle } = partsOf({ ...LABELLED, tasks: [{ name: 'rotation' }, { name: 'classify', options: { colourJitter: 1 } }] }, 16);
  const [first, second] = [1, 2].map((seed) => {
    const { arrays } = createArrays(puzzle, 1);
    t.true(puzzle.drawPlain!(mediaOf(1), createRandom({ seed, epoch: 0, sample: 1, purpose: 'evaluate' }), arrays));
    return arrays;
  });
  t.deepEqual(first!['classify/picture'], second!['classify/picture']);
  t.notDeepEqual(first!['rotation/picture'], second!['rotation/picture']);
  t.is(partsOf({ ...LABELLED, task: { name: 'rotation' } }).puzzle.drawPlain, undefined);
});
