// Windows without a gap: which there are, and how often each comes up.

import test from 'ava';
import type { Scene } from '../../../../worker/augment/sequences/motion.js';
import { pickSteadyWindow } from '../../../../worker/augment/sequences/steady-window.js';
import { streamOf } from '../../../helpers/frame-order.js';

/** Frames 0..3 and 5..9 of a scene, and 12..14 of another; all motion is between frames 7 and 9. */
const scenes: readonly Scene[] = [
  { times: [0, 1, 2, 3, 5, 6, 7, 8, 9], motion: [0, 0, 0, 0, 0, 0, 0, 5, 10] },
  { times: [12, 13, 14], motion: [0, 0, 0] },
];

const countFirsts = (length: number, byMotion: boolean): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 600; i++) {
    const first = String(pickSteadyWindow(scenes, streamOf(i), { length, byMotion }));
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts;
};

test('a window has no gap and lies in one scene; all come up alike', (t) => {
  const counts = countFirsts(3, false);
  t.deepEqual(Object.keys(counts), ['0', '1', '5', '6', '7', '12']);
  // Five binomial deviations.
  t.true(Object.values(counts).every((count) => Math.abs(count - 100) < 5 * Math.sqrt((600 * 5) / 36)), JSON.stringify(counts));
  t.deepEqual(Object.keys(countFirsts(5, false)), ['5']);
});

test('by motion, a window comes up as often as something moves in it', (t) => {
  const counts = countFirsts(3, true);
  t.deepEqual(Object.keys(counts), ['6', '7']);
  t.true(Math.abs(counts['7']! - 400) < 5 * Math.sqrt((600 * 2) / 9), JSON.stringify(counts));
});

test('where nothing is long enough there is none', (t) => {
  t.deepEqual(countFirsts(6, false), { undefined: 600 });
});
