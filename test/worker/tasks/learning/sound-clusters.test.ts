// What sound-clusters learns in a minute on made clips: the pitch that goes with a texture, and nothing where pitch and texture are drawn apart.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { Media } from '../../../../worker/decode/media.js';
import { createClip } from '../../../helpers/clips.js';
import { FPS, isSkipped, SIZE, streamOf } from '../../../helpers/clip-lessons.js';
import { errorsAbove, learn } from '../../../helpers/learning.js';
import { partsOf } from '../../../helpers/recipes.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const RATE_HZ = 8000;
const PITCHES_HZ = [200, 600, 1200, 2400];
const NUM_TEST = 60;

/** Stripes whose width goes with the pitch, or is drawn apart from it. */
function createSounding(item: number, belongs: boolean): Media {
  const random = streamOf(item);
  const kind = random.int(4);
  const shown = belongs ? kind : random.int(4);
  const grey = 60 + random.int(60);
  const frames = createClip(SIZE, (frame, y, x) => (Math.floor((x + y + frame) / (2 + 2 * shown)) % 2 === 0 ? grey : grey + 90));
  const samples = Float32Array.from({ length: (RATE_HZ * SIZE.numFrames) / FPS }, (_, i) => 0.3 * Math.sin((2 * Math.PI * PITCHES_HZ[kind]! * i) / RATE_HZ));
  return { frames, item, fps: FPS, sound: { samples, rateHz: RATE_HZ } };
}

/** How many standard errors above the share of the most frequent kind, a quarter, the accuracy lies. */
async function learnSounds(belongs: boolean): Promise<number> {
  const parts = partsOf({
    data: { root: '/data', source: 'video-folder', side: 24, shortSide: 28, fps: FPS }, seed: 1, steps: 200,
    task: { name: 'sound-clusters', options: { seconds: 0.5, rateHz: RATE_HZ, window: 256, bands: 16, clusters: 16 } },
    model: { name: 'convnet', options: { width: 16, stages: 3 } },
    optimizer: { name: 'adamw', learningRate: 0.003, schedule: { name: 'one-cycle' } },
    batch: { microbatches: 1, microbatchSize: 16 },
  });
  const made = new Map<number, Media>();
  const mediaOf = (item: number): Media => {
    if (!made.has(item)) made.set(item, createSounding(item, belongs));
    return made.get(item)!;
  };
  const { metrics } = await learn({ parts, mediaOf, numTrain: 300, numTest: NUM_TEST, puzzlesPerItem: 2 });
  // Puzzles of one item have one answer.
  return errorsAbove(metrics['accuracy']!.mean, 0.25, NUM_TEST);
}

test('the pitch that goes with a texture is learnt, and nothing is learnt where pitch and texture are drawn apart', async (t) => {
  if (isSkipped(t)) return;
  const belonging = await learnSounds(true);
  t.true(belonging > 5, `${belonging} standard errors above chance`);
  const strange = await learnSounds(false);
  t.true(strange < 4, `${strange} standard errors above chance`);
});
