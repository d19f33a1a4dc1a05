// What arrow-of-time learns in a minute on made clips: the direction of time where something moves, and nothing from a fade while its guard is on.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createFade, createMovingClip, errorsAboveChance, isSkipped, learnClips } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const name = 'arrow-of-time';

/** A square that slows down: backwards it speeds up. */
const createSlowingClip = (item: number): Frames => createMovingClip(item, (frame) => 1 - 0.85 ** frame);

test('the direction of time is learnt where something moves', async (t) => {
  if (isSkipped(t)) return;
  const { accuracy } = await learnClips({ task: { name, options: { strength: { start: 0, end: 0 } } }, createFrames: createSlowingClip, steps: 250 });
  t.log(`${(accuracy!.mean * 100).toFixed(1)} %, chance ${(accuracy!.chance! * 100).toFixed(1)} %`);
  t.true(errorsAboveChance(accuracy!) > 5, String(accuracy!.mean));
});

test('a fade teaches nothing with normalisation, and all without', async (t) => {
  if (isSkipped(t)) return;
  const learnFade = async (options: object): Promise<number> => errorsAboveChance((await learnClips({ task: { name, options }, createFrames: createFade, steps: 100 })).accuracy!);
  const guarded = await learnFade({});
  t.true(guarded < 3, `guarded: ${guarded} standard errors above chance`);
  const open = await learnFade({ guards: { normalise: false } });
  t.true(open > 5, `open: ${open} standard errors above chance`);
});
