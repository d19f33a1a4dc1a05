// What odd-one-out learns in a minute on made clips: the shuffled sequence where something moves, and nothing from a fade while its guard is on.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { createFade, createSteadyClip, errorsAboveChance, isSkipped, learnClips } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const name = 'odd-one-out';

test('the shuffled sequence is learnt where something moves', async (t) => {
  if (isSkipped(t)) return;
  const { accuracy } = await learnClips({ task: { name, options: { sequences: 4 } }, createFrames: createSteadyClip, steps: 250 });
  t.log(`${(accuracy!.mean * 100).toFixed(1)} %, chance ${(accuracy!.chance! * 100).toFixed(1)} %`);
  t.true(errorsAboveChance(accuracy!) > 5, String(accuracy!.mean));
});

test('a fade teaches nothing with normalisation, and all without', async (t) => {
  if (isSkipped(t)) return;
  const learnFade = async (options: object): Promise<number> => errorsAboveChance((await learnClips({ task: { name, options }, createFrames: createFade, steps: 100 })).accuracy!);
  const guarded = await learnFade({ sequences: 4 });
  t.true(guarded < 3, `guarded: ${guarded} standard errors above chance`);
  const open = await learnFade({ sequences: 4, guards: { normalise: false } });
  t.true(open > 5, `open: ${open} standard errors above chance`);
});
