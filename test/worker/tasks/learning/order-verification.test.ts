// What order-verification learns in a minute on made clips: whether frames are in order where something moves, and nothing from a fade while its guard is on.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { createFade, createSteadyClip, errorsAboveChance, isSkipped, learnClips } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const name = 'order-verification';

test('whether frames are in order is learnt where something moves', async (t) => {
  if (isSkipped(t)) return;
  const { balancedAccuracy } = await learnClips({ task: { name, options: { positives: 0.5, strength: { start: 0, end: 0 } } }, createFrames: createSteadyClip, steps: 250 });
  t.log(`${(balancedAccuracy!.mean * 100).toFixed(1)} %, chance ${(balancedAccuracy!.chance! * 100).toFixed(1)} %`);
  t.true(errorsAboveChance(balancedAccuracy!) > 5, String(balancedAccuracy!.mean));
});

test('a fade teaches nothing with normalisation, and all without', async (t) => {
  if (isSkipped(t)) return;
  const learnFade = async (options: object): Promise<number> => errorsAboveChance((await learnClips({ task: { name, options }, createFrames: createFade, steps: 100 })).balancedAccuracy!);
  const guarded = await learnFade({ positives: 0.5 });
  t.true(guarded < 3, `guarded: ${guarded} standard errors above chance`);
  const open = await learnFade({ positives: 0.5, guards: { normalise: false } });
  t.true(open > 5, `open: ${open} standard errors above chance`);
});
