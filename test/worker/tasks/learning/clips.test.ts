// What tasks of frames learn in a minute on made clips: what time does where something moves, and nothing from a fade while its guard is on.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { Frames } from '../../../../worker/decode/frames.js';
import { createMovingClip, testClips } from '../../../helpers/clip-lessons.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

/** A square that slows down: backwards it speeds up. */
const createSlowingClip = (item: number): Frames => createMovingClip(item, (frame) => 1 - 0.85 ** frame);

const easy = { strength: { start: 0, end: 0 } };

testClips(test, { name: 'arrow-of-time', learns: 'the direction of time', learnt: easy, guarded: {}, createFrames: createSlowingClip });
testClips(test, { name: 'frame-order', learns: 'the order of frames', learnt: easy, guarded: { strength: { start: 1 } } });
testClips(test, { name: 'odd-one-out', learns: 'the shuffled sequence', learnt: { sequences: 4 }, guarded: { sequences: 4 } });
testClips(test, {
  name: 'order-verification', learns: 'whether frames are in order', metric: 'balancedAccuracy', learnt: { ...easy, positives: 0.5 }, guarded: { positives: 0.5 },
});
testClips(test, { name: 'pace', learns: 'the pace', learnt: {}, guarded: {}, open: { normalise: false, colour: false } });
