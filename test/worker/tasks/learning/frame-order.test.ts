// What frame-order learns in a minute on made clips: the order of frames where something moves, and nothing from a fade while its guard is on.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { createFade, createSteadyClip, errorsAboveChance, isSkipped, learnClips } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const name = 'frame-order';

test('the order of frames is learnt where something moves', async (t) => {
  if (isSkipped(t)) return;
  const { accuracy } = await learnClips({ task: { name, options: { strength: { start: 0, end: 0 } } }, createFrames: createSteadyClip, steps: 250 });
  t.log(`${(accuracy!.mean * 100).toFixed(1)} %, chance ${(accuracy!.chance! * 100).toFixed(1)} %`);
  t.true(errorsAboveChance(accuracy!) > 5, String(accuracy!.mean));
});

test('a fade teaches nothing with normalisation, and all without', async (t) => {
  if (isSkipped(t)) return;
  const learnFade = async (options: object): Promise<number> => errorsAboveChance((await learnClips({ task: { name, options }, createFrames: createFade, steps: 100 })).accuracy!);
  const guarded = await learnFade({ strength: { start: 1 } });
  t.true(guarded < 3, `guarded: ${guarded} standard errors above chance`);
  const open = await learnFade({ strength: { start: 1 }, guards: { normalise: false } });
  t.true(open > 5, `open: ${open} standard errors above chance`);
});
