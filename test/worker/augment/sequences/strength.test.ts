// Guards that tighten: strength by progress, what is drawn at each, and that it is measured only where it changes.

import test from 'ava';
import { strengthAt } from '../../../../worker/augment/sequences/strength.js';
import { arrowOfTime } from '../../../../worker/tasks/arrow-of-time/puzzle.js';
import { frameOrder } from '../../../../worker/tasks/frame-order/puzzle.js';
import { orderVerification } from '../../../../worker/tasks/order-verification/puzzle.js';
import type { TaskInfo } from '../../../../worker/tasks/task.js';
import { createClip } from '../../../helpers/clips.js';
import { streamOf } from '../../../helpers/frame-order.js';
import { bindTask, drawOne } from '../../../helpers/puzzles.js';

test('strength goes in a straight line to its end and stays there; evaluation has the end', (t) => {
  const strength = { start: 0.2, end: 1, from: 0, until: 0.5 };
  t.deepEqual([0, 0.25, 0.5, 0.75, 1].map((progress) => Math.round(strengthAt(strength, progress) * 1e9) / 1e9), [0.2, 0.6, 1, 1, 1]);
  t.is(strengthAt(strength), 1);
  t.deepEqual([0, 0.4, 0.5, 0.6].map((progress) => Math.round(strengthAt({ ...strength, from: 0.4, until: 0.6 }, progress) * 1e9) / 1e9), [0.2, 0.2, 0.6, 1]);
  t.is(strengthAt({ start: 0.2, end: 0.7, from: 0, until: 0 }, 0), 0.7);
  t.is(strengthAt({ start: 0.2, end: 0.7, from: 0.5, until: 0.5 }, 0.4), 0.2);
  t.is(strengthAt({ start: 1, end: 0.3, from: 0, until: 1 }, 0.5), 0.65);
});

test('strength is an array and a metric of every task that has it, only where it changes', (t) => {
  const tasks: TaskInfo<never>[] = [arrowOfTime as TaskInfo<never>, frameOrder as TaskInfo<never>, orderVerification as TaskInfo<never>];
  const frames = createClip({ numFrames: 30, height: 24, width: 30 }, (frame, y, x) => ((x + 2 * frame) % 12) * 15 + y + 40);
  for (const task of tasks) {
    const steady = bindTask(task, { strength: { start: 0.5, end: 0.5 } }, 20);
    t.false('strength' in steady.metrics || 'strength' in steady.arrays);
    const changing = bindTask(task, { strength: { start: 0, end: 0.8, from: 0, until: 1 } }, 20);
    t.true('strength' in changing.metrics);
    for (const [progress, strength] of [[0, 0], [0.5, 0.4], [1, 0.8], [undefined, 0.8]] as const) {
      const { out, isDrawn } = drawOne(changing, { frames, item: 0, ...(progress !== undefined && { progress }) }, streamOf(1));
      t.true(isDrawn);
      t.is(out['strength']![0], Math.fround(strength));
    }
  }
});

/** Each pixel says where it lies, each channel which it is. */
const frames = createClip({ numFrames: 16, height: 60, width: 80 }, (_frame, y, x, c) => (c === 0 ? x : c === 1 ? 100 + y : 200));
const still = { normalise: false, duplicates: false, motion: false };

interface Shown {
  /** What the first pixel of each frame shows: its place and its channel. */
  readonly firsts: readonly number[];
  readonly channels: readonly number[];
}

function show(sample: number, strength: number, guards: object): Shown {
  const puzzle = bindTask(frameOrder, { jitter: 0.2, strength: { start: strength, end: strength }, guards: { ...still, ...guards } }, 32);
  const all = drawOne(puzzle, { frames, item: 0 }, streamOf(sample)).out['pictures']!;
  const length = all.length / 4;
  const firsts = [0, 1, 2, 3].map((k) => Math.round((all[k * length]! * 0.229 + 0.485) * 255));
  return { firsts, channels: firsts.map((value) => (value < 100 ? 0 : value < 200 ? 1 : 2)) };
}

const spreadOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
const samples = Array.from({ length: 60 }, (_, i) => i);

test('jitter reaches as far as it is strong: not at all at 0', (t) => {
  const spreads = [0, 0.5, 1].map((strength) => Math.max(...samples.map((sample) => spreadOf(show(sample, strength, { channelSplit: false }).firsts))));
  t.is(spreads[0], 0);
  t.true(spreads[1]! > 0 && spreads[1]! <= 6, String(spreads));
  t.true(spreads[2]! > 6 && spreads[2]! <= 12, String(spreads));
});

test('at 0 all frames show one channel, at 1 each draws its own, in between part of them do', (t) => {
  const shares = [0, 0.5, 1].map((strength) =>
    samples.filter((sample) => new Set(show(sample, strength, { jitter: false }).channels).size === 1).length / samples.length);
  t.is(shares[0], 1);
  // Four frames that are alike by chance: 1 in 27 at 1.
  t.true(shares[1]! > 0.1 && shares[1]! < 0.7, String(shares));
  t.true(shares[2]! < 0.15, String(shares));
});
