// Which frames make a puzzle, on scenes made by hand.

import test from 'ava';
import { pickTimes, type WindowOptions } from '../../../../worker/augment/sequences/frame-window.js';
import type { Scene } from '../../../../worker/augment/sequences/motion.js';
import { freshRandom } from '../../../helpers/numerics.js';

const OPTIONS: WindowOptions = { numFrames: 4, span: 8, byMotion: true };

/** Frames `first`, `first` + 1... with the motion of each step. */
function createScene(first: number, steps: readonly number[]): Scene {
  const motion = [0];
  for (const step of steps) motion.push(motion.at(-1)! + step);
  return { times: motion.map((_, i) => first + i), motion };
}

function pickMany(scenes: readonly Scene[], options: WindowOptions, count: number): number[][] {
  const { random } = freshRandom();
  return Array.from({ length: count }, () => pickTimes(scenes, random, options)!);
}

test('frames rise, lie within the span, and come from one scene', (t) => {
  const scenes = [createScene(3, new Array<number>(20).fill(1)), createScene(40, new Array<number>(9).fill(2))];
  for (const byMotion of [true, false]) {
    for (const times of pickMany(scenes, { ...OPTIONS, byMotion }, 200)) {
      t.is(times.length, 4);
      times.slice(1).forEach((time, i) => t.true(time > times[i]!));
      t.true(times[3]! - times[0]! <= OPTIONS.span);
      t.is(new Set(times.map((time) => time < 30)).size, 1);
    }
  }
});

test('a scene that is too short gives nothing', (t) => {
  const { random } = freshRandom();
  t.is(pickTimes([createScene(0, [1, 1])], random, OPTIONS), undefined);
  t.is(pickTimes([], random, OPTIONS), undefined);
  // Four frames, but farther apart than the span.
  t.is(pickTimes([{ times: [0, 5, 10, 15], motion: [0, 1, 2, 3] }], random, OPTIONS), undefined);
  t.deepEqual(pickTimes([createScene(7, [1, 1, 1])], random, OPTIONS), [7, 8, 9, 10]);
});

test('by motion, windows come up as often as something moves in them; else all alike', (t) => {
  // Two scenes of one window each, the second of nine times the motion.
  const scenes = [createScene(0, new Array<number>(8).fill(1)), createScene(100, new Array<number>(8).fill(9))];
  const shareOf = (byMotion: boolean): number => pickMany(scenes, { ...OPTIONS, byMotion }, 1000).filter(([first]) => first! >= 100).length / 1000;
  // Five binomial deviations.
  t.true(Math.abs(shareOf(true) - 0.9) < 5 * Math.sqrt((0.9 * 0.1) / 1000));
  t.true(Math.abs(shareOf(false) - 0.5) < 5 * Math.sqrt((0.5 * 0.5) / 1000));
});

test('by motion, frames stand where something moves; else evenly in time', (t) => {
  // Nothing moves but in the last four steps of the only window.
  const scene = createScene(0, [0, 0, 0, 0, 5, 5, 5, 5]);
  for (const times of pickMany([scene], OPTIONS, 100)) t.true(times[1]! >= 4, times.join());
  const firsts = pickMany([scene], { ...OPTIONS, byMotion: false }, 100).map(([, second]) => second!);
  t.true(firsts.every((second) => second <= 4));
});
