// The promise for sound: silent videos and videos without an audio stream are among the data, so partners change from step to step.

import anyTest, { type TestFn } from 'ava';
import { makeSoundingShapes } from '../../scripts/tools/sounding-shapes.js';
import { testSameBits } from '../helpers/same-bits.js';

testSameBits(anyTest.serial as TestFn, 'sound-match', {
  flags: ['--task', 'sound-match', '--set', 'task.options={seconds: 0.5, rateHz: 8000, window: 256, bands: 24, soundWidth: 4, embedding: 8}', '--set', 'data.fps=10'],
  steps: 16,
  isOnlyLong: true,
  checkpointEvery: 6,
  async makeData(folder) {
    await makeSoundingShapes(folder, { numVideos: 14, seed: 7, seconds: 1.5, side: 48, fps: 10 });
  },
});
