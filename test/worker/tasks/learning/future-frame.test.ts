// What future-frame learns in a minute on made clips: more than to copy the last frame where something moves at one speed.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createClip } from '../../../helpers/clips.js';
import { isSkipped, learnClips, SIZE, streamOf } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

/** A plain square of 10 pixels that moves 1 to 2 pixels a frame one way, over a plain ground; it comes in again at the other side. */
function createSliding(item: number): Frames {
  const random = streamOf(item);
  const [top, start, ground] = [random.int(SIZE.height - 10), random.int(SIZE.width), 50 + random.int(60)];
  const speed = (random.chance(0.5) ? 1 : -1) * random.uniform(1, 2);
  return createClip(SIZE, (frame, y, x) => {
    const column = (((x - Math.round(start + speed * frame)) % SIZE.width) + SIZE.width) % SIZE.width;
    return y >= top && y < top + 10 && column < 10 ? ground + 100 : ground;
  });
}

test('a square that moves at one speed is guessed better than by copying the last frame', async (t) => {
  if (isSkipped(t)) return;
  const { gain } = await learnClips({ task: { name: 'future-frame' }, createFrames: createSliding, steps: 300 });
  t.log(`${gain!.mean.toFixed(2)} dB, standard error ${gain!.standardError.toFixed(2)}`);
  t.true(gain!.mean > 5 * gain!.standardError && gain!.mean > 0.5, String(gain!.mean));
});
