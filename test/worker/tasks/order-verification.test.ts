// What order-verification draws, what it loses, and shortcuts to the order: each solves puzzles without its guard, and none with it.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { orderVerification as objective } from '../../../worker/tasks/order-verification/objective.js';
import { orderVerification } from '../../../worker/tasks/order-verification/puzzle.js';
import { createClip, createMovingSquare, createNoise, createScenes } from '../../helpers/clips.js';
import { meanOf, streamOf, type Noise } from '../../helpers/frame-order.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

const SIDE = 24;
const size = { numFrames: 20, height: 32, width: 40 };
const plain = { normalise: false, channelSplit: false, duplicates: false, motion: false };

interface Drawn {
  readonly pictures: Float32Array[];
  readonly isInOrder: boolean;
}

function drawPuzzle(frames: Frames, random: Random, given: object = {}): Drawn | undefined {
  const { out, isDrawn } = drawOne(bindTask(orderVerification, given, SIDE), { frames, item: 0 }, random);
  if (!isDrawn) return undefined;
  const all = out['pictures'] as Float32Array;
  return { pictures: [0, 1, 2].map((i) => all.slice((i * all.length) / 3, ((i + 1) * all.length) / 3)), isInOrder: out['isInOrder']![0] === 1 };
}

/** Frames of flat grey, each lighter than the one before. */
const ramp = createClip(size, (frame) => 40 + 10 * frame);
/** The frame that a flat picture of it is of. */
const timeOf = (picture: Float32Array): number => Math.round(((picture[0]! * 0.229 + 0.485) * 255 - 40) / 10);

test('the middle frame lies between the two at the ends or well outside them, and a quarter is in order, in either direction', (t) => {
  let [numInOrder, numBackward] = [0, 0];
  for (let i = 0; i < 600; i++) {
    const { pictures, isInOrder } = drawPuzzle(ramp, streamOf(i), { guards: plain })!;
    const [first, middle, last] = pictures.map(timeOf) as [number, number, number];
    const [low, high] = [Math.min(first, last), Math.max(first, last)];
    t.true(isInOrder ? middle > low && middle < high : middle <= low - 2 || middle >= high + 2, `${first} ${middle} ${last}`);
    if (isInOrder) numInOrder += 1;
    if (last < first) numBackward += 1;
  }
  t.true(Math.abs(numInOrder - 150) < 5 * Math.sqrt(600 * 0.25 * 0.75), String(numInOrder));
  t.true(Math.abs(numBackward - 300) < 5 * Math.sqrt(150), String(numBackward));
});

test('the frames at the ends tell nothing: they are spread alike whatever the answer is', (t) => {
  const distances: Record<string, number[]> = { true: [], false: [] };
  for (let i = 0; i < 600; i++) {
    const { pictures, isInOrder } = drawPuzzle(ramp, streamOf(i), { positives: 0.5, guards: plain })!;
    distances[String(isInOrder)]!.push(Math.abs(timeOf(pictures[2]!) - timeOf(pictures[0]!)));
  }
  const [one, other] = Object.values(distances).map((each) => each.reduce((sum, value) => sum + value, 0) / each.length) as [number, number];
  t.true(Math.abs(one - other) < 0.6, `${one} and ${other} frames`);
});

test('the stream alone decides, and still, short and small clips make no puzzle', (t) => {
  const { random } = freshRandom();
  const moving = createMovingSquare(size, random, 12);
  t.deepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(1)));
  t.notDeepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(2)));
  t.is(drawPuzzle(createMovingSquare({ ...size, numFrames: 4 }, random, 12), streamOf(1)), undefined);
  t.is(drawPuzzle(createMovingSquare({ ...size, height: 23 }, random, 12), streamOf(1)), undefined);
  t.is(drawPuzzle(createClip(size, (_frame, y, x) => 10 * ((y + x) % 20)), streamOf(1)), undefined);
  // Five frames, but not both of the outer ones two frames apart.
  t.is(drawPuzzle(createClip({ ...size, numFrames: 6 }, (frame) => 40 + 30 * frame), streamOf(1), { guards: plain }), undefined);
});

test('a span that does not hold the frames is refused', (t) => {
  t.throws(() => bindTask(orderVerification, { span: 9, apart: 4 }, SIDE), { message: /task\.options\.span: five frames, the outer ones 4 apart, do not fit into a span of 9, expected at least 10/ });
});

test('both answers weigh alike in the loss and in the accuracy, and a sample that cannot be used weighs nothing', async (t) => {
  await tf.setBackend('cpu');
  const options = orderVerification.options.parse({ positives: 0.2 });
  const { losses } = objective(options, sizesOf(SIDE));
  const answers = [0, 0, 0, 0, 1, 1];
  const logits = [[2, 0], [2, 0], [0, 1], [1, 0], [3, 0], [0, 5]];
  const batch = {
    numSamples: 6, arrays: { isInOrder: Int32Array.from(answers) }, weights: Float32Array.from([1, 1, 1, 1, 1, 0]),
    tensors: { isInOrder: tf.tensor2d(answers, [6, 1], 'int32') },
  };
  const { terms, metrics } = losses({ isInOrder: tf.tensor2d(logits) }, batch, undefined as never);
  const expected = answers.map((answer, i) => Math.log(logits[i]!.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[i]![answer]!);
  const given = terms['crossEntropy']!.perSample.dataSync();
  expected.forEach((value, i) => t.true(Math.abs(given[i]! - value) < 1e-6));
  for (const { weight } of [terms['crossEntropy']!, metrics['balancedAccuracy']!]) {
    t.deepEqual([...weight!.dataSync()], [0.625, 0.625, 0.625, 0.625, 2.5, 0].map(Math.fround));
  }
  t.deepEqual([...metrics['balancedAccuracy']!.perSample.dataSync()], [1, 1, 0, 1, 0, 1]);
});

interface Shortcut {
  readonly createFrames: (noise: Noise) => Frames;
  /** What a probe says that looks for nothing else. */
  readonly saysInOrder: (pictures: readonly Float32Array[]) => boolean;
  /** Its options, guards apart. */
  readonly given?: object;
  /** The guards without which it works. */
  readonly open: object;
  /** What it scores at least then. Default 0.85. */
  readonly least?: number;
  /** Default NUM_PUZZLES. */
  readonly numPuzzles?: number;
  /** Guards that are off throughout. */
  readonly shared?: object;
}

/** Of as many puzzles in order as not, the share that the probe is right about. */
function scoreProbe({ createFrames, saysInOrder, given }: Shortcut, guards: object, numPuzzles: number): number {
  const { random } = freshRandom();
  const noise = createNoise(random);
  let numRight = 0;
  for (let i = 0; i < numPuzzles; i++) {
    const { pictures, isInOrder } = drawPuzzle(createFrames(noise), random, { positives: 0.5, ...given, guards })!;
    if (saysInOrder(pictures) === isInOrder) numRight += 1;
  }
  return numRight / numPuzzles;
}

/** In order where the measure of the middle picture lies between the others'. */
const isBetween = (measure: (patch: Float32Array) => number) => (pictures: readonly Float32Array[]): boolean => {
  const [first, middle, last] = pictures.map(measure) as [number, number, number];
  return (first < middle && middle < last) || (last < middle && middle < first);
};

const NUM_PUZZLES = 120;

const shortcut = test.macro((t, given: Shortcut) => {
  const { shared = {}, open, least = 0.85, numPuzzles = NUM_PUZZLES } = given;
  const guarded = scoreProbe(given, shared, numPuzzles);
  t.true(Math.abs(guarded - 0.5) < 5 * Math.sqrt(0.25 / numPuzzles), `guarded ${guarded}`);
  const without = scoreProbe(given, { ...shared, ...open }, numPuzzles);
  t.log(`guarded ${guarded}, open ${without}`);
  t.true(without > least, `open ${without}`);
});

test('a fade gives the order away without normalisation, and nothing with it', shortcut, {
  createFrames: (noise) => createClip(size, (frame) => 40 + 8 * frame + noise(30)), saysInOrder: isBetween(meanOf), open: { normalise: false },
});

test('a drifting tint gives the order away without channel splitting, and nothing with it', shortcut, {
  createFrames: (noise) => createClip(size, (frame, _y, _x, c) => 40 + (c === 0 ? 8 * frame : 50) + noise(30)),
  saysInOrder: isBetween((patch) => patch.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : -value / 2), 0)),
  open: { channelSplit: false },
});

test('a dark bar that grows gives the order away without its guard, and nothing with it', shortcut, {
  createFrames: (noise) => createClip({ ...size, height: 48 }, (frame, y) => (y < frame ? 0 : 100 + noise(80))),
  // Rows of one colour. Half of the crops miss them.
  saysInOrder: isBetween((patch) => Array.from({ length: SIDE }, (_, y) => patch.subarray(3 * SIDE * y, 3 * SIDE * (y + 1))).filter((row) => Math.max(...row) === Math.min(...row)).length),
  given: { jitter: 0 }, shared: { motion: false }, open: { bars: false }, least: 0.6, numPuzzles: 640,
});

test('a cut gives away who is out of order without its guard, and nothing with it', shortcut, {
  createFrames: (noise) => createScenes(size, 5, noise),
  // Who lies between two that are alike is like them.
  saysInOrder([first, middle, last]) {
    const differs = (a: Float32Array | undefined, b: Float32Array | undefined): boolean => a!.reduce((sum, value, i) => sum + (value - b![i]!) ** 2, 0) > a!.length / 2;
    return !(differs(first, middle) && differs(middle, last));
  },
  given: { jitter: 0, apart: 1 }, open: { cuts: false }, least: 0.65,
});

test('a pan gives the order away without jitter, and less with jitter wider than its steps', (t) => {
  // A dark row moves down one pixel a frame; the probe finds it by its darkness.
  const placeOf = (patch: Float32Array): number => {
    const sums = new Float64Array(SIDE);
    patch.forEach((value, i) => (sums[Math.floor(i / 3 / SIDE)]! += value));
    return sums.indexOf(Math.min(...sums));
  };
  const pan: Shortcut = {
    createFrames: (noise) => createClip({ ...size, height: 40 }, (frame, y) => (y === 10 + frame ? 0 : 120 + noise(40))),
    saysInOrder: isBetween(placeOf), given: { apart: 1, span: 8, jitter: 0.25 }, open: { jitter: false },
  };
  const [guarded, open] = [scoreProbe(pan, {}, NUM_PUZZLES), scoreProbe(pan, pan.open, NUM_PUZZLES)];
  t.log(`guarded ${guarded}, open ${open}`);
  t.true(open > 0.85, `open ${open}`);
  t.true(guarded < open - 0.2, `guarded ${guarded}`);
});
