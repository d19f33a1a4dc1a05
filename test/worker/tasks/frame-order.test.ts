// What frame-order draws: classes, windows, and what makes no puzzle. Its guards are in frame-order-shortcuts.test.ts.

import test from 'ava';
import { createArrays } from '../../../worker/augment/arrays.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { classOf, listOrders } from '../../../worker/tasks/frame-order/orders.js';
import { frameOrder, type FrameOrderOptions } from '../../../worker/tasks/frame-order/puzzle.js';
import { createClip, createMovingSquare } from '../../helpers/clips.js';
import { createOut, draw, drawPuzzle, optionsOf, picturesOf, SIDE, size, streamOf } from '../../helpers/frame-order.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask } from '../../helpers/puzzles.js';

test('n frames have n! / 2 orders, and the reverse of an order is of its class', (t) => {
  t.deepEqual([3, 4, 5].map((n) => listOrders(n).length), [3, 12, 60]);
  t.deepEqual(listOrders(3), [[0, 1, 2], [0, 2, 1], [1, 0, 2]]);
  const orders = listOrders(4);
  orders.forEach((order, i) => {
    t.is(classOf(order, orders), i);
    t.is(classOf([...order].reverse(), orders), i);
  });
  t.is(bindTask(frameOrder, {}, SIDE).metrics['accuracy']!.chance, 1 / 12);
});

test('a puzzle depends on its stream alone, and every class comes up equally often', (t) => {
  const { random } = freshRandom();
  const frames = createMovingSquare(size, random);
  const options = optionsOf();
  t.deepEqual(drawPuzzle(frames, streamOf(1), options), drawPuzzle(frames, streamOf(1), options));
  t.notDeepEqual(drawPuzzle(frames, streamOf(1), options), drawPuzzle(frames, streamOf(2), options));
  const counts = new Array<number>(12).fill(0);
  for (let i = 0; i < 1200; i++) counts[drawPuzzle(frames, streamOf(i), options).target]! += 1;
  // 11 degrees of freedom: 31.3 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0) < 31.3);
});

test('the class is the order of places that sorts the frames in time', (t) => {
  // Every frame is flat and lighter than the one before, so that with guards off its value is its time.
  const frames = createClip(size, (frame) => 10 + 14 * frame);
  const guards = { normalise: false, channelSplit: false, duplicates: false };
  for (let i = 0; i < 40; i++) {
    const options = optionsOf({ numFrames: 3 + (i % 3), guards });
    const { patches, target } = drawPuzzle(frames, streamOf(i), options);
    const values = patches.map((patch) => patch[0]!);
    const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
    t.is(new Set(values).size, options.numFrames);
    t.is(classOf(order, listOrders(options.numFrames)), target);
  }
});

test('a clip played backwards gives a puzzle of the same class', (t) => {
  const values = (first: number, step: number): Frames => createClip({ ...size, numFrames: 4 }, (frame) => first + step * frame);
  const options = optionsOf({ guards: { normalise: false, channelSplit: false, duplicates: false, motion: false } });
  for (let i = 0; i < 20; i++) {
    const forward = drawPuzzle(values(40, 30), streamOf(i), options);
    const backward = drawPuzzle(values(130, -30), streamOf(i), options);
    t.is(forward.target, backward.target);
    // Sorting the backward clip's frames by what they show gives the reverse order, and so the same class.
    const order = [...backward.patches.keys()].sort((a, b) => backward.patches[a]![0]! - backward.patches[b]![0]!);
    t.is(classOf(order, listOrders(4)), forward.target);
  }
});

test('frames lie within the span, and motion draws the window to where something moves', (t) => {
  // Still until frame 20, then a square moves; the frame's number is in the red corner pixel of every place of the ground.
  const clip = { numFrames: 40, height: SIDE, width: SIDE };
  const frames = createClip(clip, (frame, y, x, c) => {
    if (c === 0) return 5 * frame;
    const left = Math.max(0, frame - 20);
    return x >= left && x < left + 10 && y > 8 && y < 24 ? 220 : 60;
  });
  const timesOf = (motion: boolean): number[][] =>
    Array.from({ length: 60 }, (_, i) => {
      const guards = { motion, duplicates: false, cuts: false, normalise: false, channelSplit: false };
      const { patches } = drawPuzzle(frames, streamOf(i), optionsOf({ span: 9, guards }));
      return patches.map((patch) => Math.round(((patch[0]! * 0.229 + 0.485) * 255) / 5));
    });
  const [weighted, uniform] = [timesOf(true), timesOf(false)];
  for (const times of [...weighted, ...uniform]) t.true(Math.max(...times) - Math.min(...times) <= 9);
  const shareMoving = (puzzles: number[][]): number => puzzles.filter((times) => Math.max(...times) > 20).length / puzzles.length;
  t.true(shareMoving(weighted) > 0.95);
  t.true(shareMoving(uniform) < 0.85);
});

test('no puzzle spans a cut, unless the guard is off', (t) => {
  // A square crosses a dark half and a light half of the clip; the level tells the half.
  const { random } = freshRandom();
  const ground = Float32Array.from({ length: 2 * 40 * 52 }, () => random.int(200));
  const frames = createClip(size, (frame, y, x) => {
    const half = frame < 9 ? 0 : 1;
    const isSquare = x >= 2 * frame && x < 2 * frame + 12 && y > 10 && y < 30;
    return isSquare ? 250 : ground[half * 2080 + (Math.floor(y / 6) * 6) * 52 + Math.floor(x / 6) * 6]!;
  });
  const isMixed = (options: FrameOrderOptions, i: number): boolean => {
    const { patches } = drawPuzzle(frames, streamOf(i), options);
    const [first] = patches;
    const alike = patches.filter((patch) => patch.reduce((sum, value, k) => sum + (Math.abs(value - first![k]!) < 0.02 ? 1 : 0), 0) > patch.length / 3);
    return alike.length < patches.length;
  };
  const still = { jitter: 0, guards: { normalise: false, channelSplit: false } };
  const indices = Array.from({ length: 50 }, (_, i) => i);
  t.is(indices.filter((i) => isMixed(optionsOf(still), i)).length, 0);
  t.true(indices.filter((i) => isMixed(optionsOf({ ...still, guards: { ...still.guards, cuts: false } }), i)).length > 10);
});

test('a still video makes no puzzle, and one of equal frames without the guard', (t) => {
  const { random } = freshRandom();
  const ground = Float32Array.from({ length: 40 * 52 }, () => random.int(256));
  const frames = createClip(size, (_frame, y, x) => ground[y * 52 + x]!);
  t.false(draw(frames, streamOf(1), optionsOf(), createOut(optionsOf())));
  const { patches } = drawPuzzle(frames, streamOf(1), optionsOf({ guards: { duplicates: false, jitter: false, channelSplit: false } }));
  t.deepEqual(patches[0], patches[3]);
});

test('repeated frames never stand in one puzzle', (t) => {
  // Five pictures, each shown eight times.
  const { random } = freshRandom();
  const ground = Float32Array.from({ length: 40 * 52 }, () => 60 + random.int(60));
  const frames = createClip({ ...size, numFrames: 40 }, (frame, y, x) => {
    const left = 4 + 8 * Math.floor(frame / 8);
    return x >= left && x < left + 10 && y > 10 && y < 30 ? 230 : ground[y * 52 + x]!;
  });
  const options = optionsOf({ span: 40, guards: { jitter: false, channelSplit: false } });
  for (let i = 0; i < 30; i++) {
    const { patches } = drawPuzzle(frames, streamOf(i), options);
    for (let a = 0; a < 4; a++) for (let b = 0; b < a; b++) t.notDeepEqual(patches[a], patches[b]);
  }
});

test('clips that are too short or too small make no puzzle', (t) => {
  const { random } = freshRandom();
  const options = optionsOf();
  for (const numFrames of [1, 2, 3]) {
    const frames = createMovingSquare({ ...size, numFrames: numFrames + 1 }, random);
    const short: Frames = { ...frames, numFrames, dataNHWC: frames.dataNHWC.subarray(0, numFrames * 40 * 52 * 3) };
    t.false(draw(short, streamOf(1), options, createOut(options)));
  }
  const low = createMovingSquare({ ...size, height: SIDE - 1 }, random);
  t.false(draw(low, streamOf(1), options, createOut(options)));
  const tight = createMovingSquare({ ...size, height: SIDE, width: SIDE }, random, 10);
  t.true(draw(tight, streamOf(1), options, createOut(options)));
});

test('every number of the slot is written and finite, also on black, white and noisy clips', (t) => {
  const { random } = freshRandom();
  const open = optionsOf({ guards: { duplicates: false } });
  const clips = [createClip(size, () => 0), createClip(size, () => 255), createClip(size, () => random.int(256))];
  for (const frames of clips) {
    const out = createOut(open);
    picturesOf(out).fill(NaN);
    t.true(draw(frames, streamOf(1), open, out));
    t.true(picturesOf(out).every((value) => Number.isFinite(value) && Math.abs(value) < 20));
  }
});

test('a puzzle of four frames of 64 pixels takes a few milliseconds', (t) => {
  const { random } = freshRandom();
  const frames = createMovingSquare({ numFrames: 48, height: 76, width: 101 }, random);
  const puzzle = bindTask(frameOrder, {}, 64);
  const out = createArrays(puzzle, 1).arrays;
  const drawMany = (count: number): void => {
    for (let i = 0; i < count; i++) puzzle.draw({ frames, item: 0 }, streamOf(i), out);
  };
  drawMany(30);
  const start = process.cpuUsage();
  drawMany(50);
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000 / 50;
  t.log(`${milliseconds.toFixed(2)} ms of processor time a puzzle, from 48 frames of 76x101`);
  t.true(milliseconds < 20);
});
